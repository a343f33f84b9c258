import type { Multipart } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { LlmiError } from '@llmi/core';
import { mediaTypeOf } from './media-type.js';

/** A form with files: fields by name, `name[]` as arrays, files as data URLs. */
export type Form = Record<string, string | string[]>;

/** Files and fields of one form; more is no request of ours. */
const maxFiles = 20;
const maxFields = 60;

/**
 * Reads a multipart body, or takes a JSON one as it is. Files are named by their field: what a client calls them is never used.
 * @throws {LlmiError} PAYLOAD_TOO_LARGE over `limitBytes` in all, INPUT_INVALID for a form that breaks off or is none
 */
export async function readForm(request: FastifyRequest, limitBytes: number): Promise<unknown> {
  if (!request.isMultipart()) return request.body;
  const form = new Map<string, string[]>();
  let bytes = 0;
  const add = (name: string, value: string) => form.set(name, [...(form.get(name) ?? []), value]);
  const parts = request.parts({ limits: { files: maxFiles, fields: maxFields, parts: maxFiles + maxFields, fileSize: limitBytes, fieldSize: 1024 * 1024, fieldNameSize: 100, headerPairs: 50 } });
  for await (const part of soundParts(parts)) {
    if (part.type === 'field') {
      bytes += String(part.value).length;
      add(part.fieldname, String(part.value));
    } else {
      const content = await part.toBuffer().catch(formFault);
      bytes += content.length;
      add(part.fieldname, `data:${mediaTypeOf(content)};base64,${content.toString('base64')}`);
    }
    if (bytes > limitBytes) throw new LlmiError('PAYLOAD_TOO_LARGE', { message: 'The form is too large.', hint: 'Send less at once, or raise the body limit of the server.' });
  }
  return plainForm(form);
}

/** The parts of a form; what is wrong with it is the client's fault. */
export async function* soundParts(parts: AsyncIterableIterator<Multipart>): AsyncGenerator<Multipart> {
  try {
    yield* parts;
  } catch (error) {
    formFault(error);
  }
}

/** Errors of the parser say what is wrong in words alone; those of limits, and of disks, have codes. */
export function formFault(error: unknown): never {
  const { code } = error as { code?: string };
  if (code !== undefined && !code.startsWith('ERR_STREAM_')) throw error;
  throw new LlmiError('INPUT_INVALID', { message: 'The form is not valid.', hint: 'Let your HTTP client write the body and the header "Content-Type: multipart/form-data; boundary=...".', cause: error });
}

function plainForm(form: Map<string, string[]>): Form {
  const result: Form = Object.create(null) as Form; // names come from the client
  for (const [name, values] of form) {
    const isArray = name.endsWith('[]') || values.length > 1;
    result[name.replace(/\[\]$/, '')] = isArray ? values : values[0]!;
  }
  return result;
}
