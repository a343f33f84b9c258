import type { GenerateRequest } from '@llmi/core';
import type { Answer, ClientEvent } from './answers.js';
import { fromWireError, LlmiClientError, type WireError } from './errors.js';

type Fields = Record<string, unknown>;

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const camel = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
const rename = (fields: object, names: (name: string) => string): Fields => Object.fromEntries(Object.entries(fields).map(([name, value]) => [names(name), value]));

/** A request as it is sent. Below the fields of a message everything is data, named as it is. */
export function requestToWire(request: GenerateRequest): Fields {
  const { messages, ...rest } = request;
  return { ...rename(rest, snake), ...(messages ? { messages: messages.map((message) => rename(message, snake)) } : {}) };
}

/** Parts of an answer whose fields have names of their own; the rest is data. */
const named: Record<string, (value: unknown) => unknown> = {
  usage: (usage) => rename(usage as Fields, camel),
  model: (model) => rename(model as Fields, camel),
  logprobs: (tokens) => (tokens as Fields[]).map((token) => rename(token, camel)),
};

function fieldsFromWire(fields: object): Fields {
  return Object.fromEntries(Object.entries(rename(fields, camel)).map(([name, value]) => [name, typeof value === 'object' && value !== null && named[name] ? named[name](value) : value]));
}

export const answerFromWire = (fields: object): Answer => fieldsFromWire(fields) as unknown as Answer;

/** Any other object of the native API: a flat one, with capabilities and statuses in it. */
export function objectFromWire<Result>(value: unknown): Result {
  if (Array.isArray(value)) return value.map((item) => objectFromWire<unknown>(item)) as Result;
  if (typeof value !== 'object' || value === null) return value as Result;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [camel(name), name === 'mode_descriptions' ? item : objectFromWire<unknown>(item)])) as Result;
}

/** One event of a stream. @throws {LlmiClientError} for an event that says what went wrong */
export function eventFromWire(text: string): ClientEvent {
  const { type, finished: _finished, ...fields } = parse(text);
  if (type === 'error') throw fromWireError(fields.error as WireError);
  if (type !== 'done') return { type, ...fieldsFromWire(fields) } as ClientEvent;
  const { result_type: resultType, full_text: fullText, ...answer } = fields;
  return { type, answer: answerFromWire({ type: resultType, ...answer }), ...(fullText === undefined ? {} : { fullText: fullText as string }) };
}

function parse(text: string): Fields & { type: string } {
  try {
    return JSON.parse(text) as Fields & { type: string };
  } catch (cause) {
    throw new LlmiClientError('ANSWER_INVALID', { message: 'An event of the stream is no JSON.', hint: 'Something between the server and this client changes its answers.', cause });
  }
}
