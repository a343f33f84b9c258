import { LlmiError } from '@llmi/core';

const dataUrlStart = /^data:[^,]{0,200};base64,/i;
const base64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

/**
 * The bytes of a request's field that holds base64 or a data URL. Nothing is fetched and no file is opened: whoever takes the
 * request decides on that before.
 * @throws {LlmiError} INPUT_INVALID that names `param`
 */
export function bytesOfBase64(text: string, param?: string): Uint8Array {
  const start = dataUrlStart.exec(text)?.[0].length ?? 0;
  const content = text.slice(start).replace(/\s+/g, '');
  if (base64.test(content)) return Buffer.from(content, 'base64');
  throw new LlmiError('INPUT_INVALID', {
    message: /^https?:/i.test(text) ? 'A web address was given where the file itself is needed.' : 'This is neither base64 nor a data URL.',
    hint: 'Give the bytes of the file as base64, alone or as data:image/png;base64,...',
    param,
  });
}
