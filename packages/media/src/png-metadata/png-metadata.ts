import { parametersText, parseParametersText } from './parameters-text.js';
import { notPng, readPngChunks, writePngChunks, type PngChunk } from './png-chunks.js';

/** Keywords of text chunks: ours, a JSON object, and the one that programs for Stable Diffusion share. */
const [ownKeyword, sharedKeyword] = ['llmi', 'parameters'];

/**
 * A PNG with a record of how it came about, for `readPngMetadata` and for other programs. A record that it had is replaced.
 * @throws {LlmiError} INPUT_INVALID for what is no whole PNG
 */
export function writePngMetadata(png: Uint8Array, record: Readonly<Record<string, unknown>>): Uint8Array {
  const [header, ...rest] = readPngChunks(png);
  const kept = rest.filter((chunk) => ![ownKeyword, sharedKeyword].includes(readText(chunk)?.keyword ?? ''));
  return writePngChunks([header!, textChunk(ownKeyword, JSON.stringify(record)), textChunk(sharedKeyword, parametersText(record)), ...kept]);
}

/**
 * The record in a PNG: ours, or what stable-diffusion-webui and programs like it wrote. Undefined where there is none.
 * @throws {LlmiError} INPUT_INVALID for what is no whole PNG, and for a record that is damaged
 */
export function readPngMetadata(png: Uint8Array): Record<string, unknown> | undefined {
  const texts = readPngChunks(png).flatMap((chunk) => readText(chunk) ?? []);
  const textOf = (wanted: string) => texts.find(({ keyword }) => keyword === wanted)?.text;
  const own = textOf(ownKeyword);
  if (own !== undefined) return parseRecord(own);
  const shared = textOf(sharedKeyword);
  return shared === undefined ? undefined : parseParametersText(shared);
}

function parseRecord(text: string): Record<string, unknown> {
  try {
    const record: unknown = JSON.parse(text);
    if (typeof record === 'object' && record !== null && !Array.isArray(record)) return record as Record<string, unknown>;
  } catch (cause) {
    throw notPng('its record is not valid JSON', cause);
  }
  throw notPng('its record is no JSON object');
}

/** tEXt where Latin-1 has every character, as Pillow does it, so that the oldest programs read it; else iTXt. */
function textChunk(keyword: string, text: string): PngChunk {
  // eslint-disable-next-line no-control-regex -- NUL is what may not be in a text chunk
  const isLatin = /^[\x01-\xff]*$/.test(text);
  if (isLatin) return { type: 'tEXt', data: Buffer.from(`${keyword}\0${text}`, 'latin1') };
  // No compression, no language, no translated keyword.
  return { type: 'iTXt', data: Buffer.from(`${keyword}\0\0\0\0\0${text.replaceAll('\0', '')}`) };
}

/** Texts that are compressed are none that we look for. */
function readText({ type, data }: PngChunk): { keyword: string; text: string } | undefined {
  if (type !== 'tEXt' && type !== 'iTXt') return undefined;
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  const keywordEnd = bytes.indexOf(0);
  if (keywordEnd < 0) return undefined;
  const keyword = bytes.toString('latin1', 0, keywordEnd);
  if (type === 'tEXt') return { keyword, text: bytes.toString('latin1', keywordEnd + 1) };
  const languageEnd = bytes.indexOf(0, keywordEnd + 3);
  const translatedEnd = languageEnd < 0 ? -1 : bytes.indexOf(0, languageEnd + 1);
  if (bytes[keywordEnd + 1] !== 0 || translatedEnd < 0) return undefined;
  return { keyword, text: bytes.toString('utf8', translatedEnd + 1) };
}
