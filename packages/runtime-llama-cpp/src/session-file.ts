import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { LlmiError } from '@llmi/core';
import { z } from 'zod';
import type { NativeParts } from './load-model.js';
import type { Slot } from './sequence-pool.js';

/** What stands beside a saved state. llama.cpp trusts the state itself, so nothing is given to it that was not written for this very model. */
const descriptionSchema = z.object({
  format: z.literal(1),
  model: z.string(), // hash of what makes a state fit
  adapters: z.string(),
  tokens: z.int().min(1),
  bytes: z.int().min(1),
  sha256: z.string(),
});

const describedAt = (path: string) => `${path}.json`;

/** Writes the kept tokens of the latest request, and their keys and values. Returns how many tokens. @throws {LlmiError} INPUT_INVALID */
export async function saveSession(path: string, parts: NativeParts): Promise<number> {
  const saved = await parts.pool.borrow('latest', (slot) => save(path, slot, parts));
  if (saved !== undefined) return saved;
  throw new LlmiError('INPUT_INVALID', { message: 'There is nothing to save: no request is kept.', hint: 'Save after a request, and before the next one starts.' });
}

async function save(path: string, { sequence, isShifted, adapterKey = '' }: Slot, parts: NativeParts): Promise<number | undefined> {
  const tokens = sequence.nextTokenIndex;
  if (tokens === 0 || isShifted) return undefined;
  await sequence.saveStateToFile(path);
  const { size } = await stat(path);
  const description = { format: 1, model: fingerprint(parts), adapters: adapterKey, tokens, bytes: size, sha256: await hashFile(path) };
  try {
    await writeFile(describedAt(path), `${JSON.stringify(description, null, 2)}\n`);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
  return tokens;
}

/** Reads a saved session into the sequence that was unused for longest. Returns how many tokens it holds. @throws {LlmiError} INPUT_INVALID */
export async function restoreSession(path: string, parts: NativeParts): Promise<number> {
  const description = await readDescription(path);
  if (description.model !== fingerprint(parts)) throw invalid('was saved by another model, or one that was loaded with other settings');
  const found = await stat(path).catch(() => undefined);
  if (found?.size !== description.bytes || (await hashFile(path)) !== description.sha256) throw invalid('is damaged');
  if (description.tokens >= parts.contextLength) throw invalid('is longer than the context of this model');
  const restored = await parts.pool.borrow('oldest', async (slot) => {
    slot.adapterKey = description.adapters;
    slot.isShifted = false;
    await slot.sequence.loadStateFromFile(path, { acceptRisk: true });
    return slot.sequence.nextTokenIndex;
  });
  if (restored === undefined) throw new LlmiError('INPUT_INVALID', { message: 'Every sequence is in use.', hint: 'Restore before requests start.' });
  return restored;
}

async function readDescription(path: string): Promise<z.infer<typeof descriptionSchema>> {
  const text = await readFile(describedAt(path), 'utf8').catch(() => undefined);
  if (text === undefined) throw invalid('is not there');
  try {
    return descriptionSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw invalid('has no description that can be read', cause);
  }
}

/** A state fits a model with the same weights and the same form of keys and values. The metadata, vocabulary included, stands for the weights. */
function fingerprint({ model, metadata, context }: NativeParts): string {
  const sizes = [model.size, context.kvCacheKeyType, context.kvCacheValueType];
  const text = JSON.stringify([sizes, metadata], (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  return createHash('sha256').update(text).digest('hex');
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

function invalid(problem: string, cause?: unknown): LlmiError {
  return new LlmiError('INPUT_INVALID', { message: `The saved session ${problem}.`, hint: 'Leave it out: the prompt is evaluated again.', cause });
}
