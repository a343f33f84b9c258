import { readFile } from 'node:fs/promises';
import { fromWire, generateRequestSchema, LlmiError, type GenerateRequest } from '@llmi/core';
import { readPngMetadata } from '@llmi/media/png-metadata';
import { expandPath } from '../settings/home.js';
import type { Terminal } from '../terminal.js';

/** How a picture came about, as it says itself. */
export interface PictureRecord {
  model: string | undefined;
  request: GenerateRequest;
}

/** Fields of a record that a request takes; what else it says is for people. */
const fields = ['prompt', 'negative_prompt', 'mode', 'width', 'height', 'seed', 'num_inference_steps', 'guidance_scale', 'scheduler', 'strength', 'clip_skip', 'num_images', 'num_frames', 'fps'];

/**
 * The request that made a picture. @throws {LlmiError} USAGE for a file that is not there or tells nothing; INPUT_INVALID for a damaged one
 */
export async function requestOfPicture(path: string, terminal: Terminal): Promise<PictureRecord> {
  const png = await readFile(expandPath(path, terminal)).catch((cause: unknown) => {
    throw new LlmiError('USAGE', { message: `There is no picture ${path}.`, hint: 'Name a PNG that llmi or a program like it has made.', cause });
  });
  const record = readPngMetadata(png);
  if (!record) throw new LlmiError('USAGE', { message: `${path} does not tell how it was made.`, hint: 'Pictures that llmi writes as PNG do; an editor may have taken it away.' });
  const known = Object.fromEntries(Object.entries(record).filter(([name]) => fields.includes(name)));
  const { model, revision } = record;
  const named = typeof model === 'string' ? model : undefined;
  return { model: named === undefined || typeof revision !== 'string' ? named : `${named}@${revision}`, request: fromWire(generateRequestSchema, known) };
}
