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
 * @throws {LlmiError} PAYLOAD_TOO_LARGE over `limitBytes` in all
 */
export async function readForm(request: FastifyRequest, limitBytes: number): Promise<unknown> {
  if (!request.isMultipart()) return request.body;
  const form = new Map<string, string[]>();
  let bytes = 0;
  const add = (name: string, value: string) => form.set(name, [...(form.get(name) ?? []), value]);
  const parts = request.parts({ limits: { files: maxFiles, fields: maxFields, parts: maxFiles + maxFields, fileSize: limitBytes, fieldSize: 1024 * 1024, fieldNameSize: 100, headerPairs: 50 } });
  for await (const part of parts) {
    if (part.type === 'field') {
      bytes += String(part.value).length;
      add(part.fieldname, String(part.value));
    } else {
      const content = await part.toBuffer();
      bytes += content.length;
      add(part.fieldname, `data:${mediaTypeOf(content)};base64,${content.toString('base64')}`);
    }
    if (bytes > limitBytes) throw new LlmiError('PAYLOAD_TOO_LARGE', { message: 'The form is too large.', hint: 'Send less at once, or raise the body limit of the server.' });
  }
  return plainForm(form);
}

function plainForm(form: Map<string, string[]>): Form {
  const result: Form = Object.create(null) as Form; // names come from the client
  for (const [name, values] of form) {
    const isArray = name.endsWith('[]') || values.length > 1;
    result[name.replace(/\[\]$/, '')] = isArray ? values : values[0]!;
  }
  return result;
}
