import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { LlmiError } from '@llmi/core';
import type { RequestField } from './request-fields.js';

/**
 * A field's value from the words of a command line.
 * @throws {LlmiError} USAGE that names the flag and what it takes
 */
export async function readFieldValue(field: RequestField, given: string | boolean | string[], cwd: string): Promise<unknown> {
  if (!Array.isArray(given)) return readOne(field, given, cwd);
  const values = await Promise.all(given.map((item) => readOne(field, item, cwd)));
  // JSON lists are given whole or one element at a time: --messages '[...]', --messages '{...}' --messages '{...}'
  return field.kind.type === 'json' ? values.flatMap((value) => (Array.isArray(value) && !isRow(value) ? value : [value])) : values;
}

/** `[1, 2]` is one element of a list of rows (points, boxes, values), not a list of elements. */
const isRow = (value: unknown[]) => value.length > 0 && value.every((item) => typeof item === 'number');

async function readOne(field: RequestField, text: string | boolean, cwd: string): Promise<unknown> {
  if (typeof text === 'boolean') return text;
  switch (field.kind.type) {
    case 'number':
      if (text.trim() === '' || Number.isNaN(Number(text))) throw wrong(field, `takes a number, not "${text}"`);
      return Number(text);
    case 'boolean':
      if (!['true', 'false'].includes(text)) throw wrong(field, `takes true or false, not "${text}"`);
      return text === 'true';
    case 'json':
      return readJson(field, text, cwd);
    case 'loose':
      return jsonOrText(text);
    case 'file':
      return readMedia(field, text, cwd);
    case 'text':
    case 'choice':
      return text;
  }
}

function wrong({ flag }: RequestField, problem: string, cause?: unknown): LlmiError {
  return new LlmiError('USAGE', { message: `${flag} ${problem}.`, hint: '"llmi help run" lists the flags of a request.', param: flag, cause });
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function readJson(field: RequestField, text: string, cwd: string): Promise<unknown> {
  const isFile = text.startsWith('@');
  const content = isFile ? (await readGiven(field, text.slice(1), cwd)).toString('utf8') : text;
  try {
    return JSON.parse(content);
  } catch (cause) {
    throw wrong(field, `takes JSON${isFile ? ` (in ${text.slice(1)})` : ''}: ${(cause as Error).message}`, cause);
  }
}

/** A file as base64; a data URL goes along as it is. */
async function readMedia(field: RequestField, text: string, cwd: string): Promise<string> {
  if (text.startsWith('data:')) return text;
  return (await readGiven(field, text, cwd)).toString('base64');
}

async function readGiven(field: RequestField, path: string, cwd: string): Promise<Buffer> {
  try {
    return await readFile(resolve(cwd, path));
  } catch (cause) {
    throw wrong(field, `names a file that cannot be read: ${path}`, cause);
  }
}
