import type { ModelFormat } from '@llmi/core';
import { z } from 'zod';
import { HubClient } from './http/hub-client.js';
import type { HubSettings } from './settings.js';

const maxAnswerBytes = 4 << 20;
const limit = 50; // of each format

/** Organisations that make other formats of well-known models, the most careful first. */
const knownMakers = ['ggml-org', 'onnx-community', 'lmstudio-community', 'bartowski', 'unsloth'];

const listingSchema = z.array(
  z.object({ id: z.string().regex(/^[\w.-]+\/[\w.-]+$/), downloads: z.number().catch(0), gated: z.unknown().optional() }),
);

/** The same model in another format, in a repository of its own. */
export interface Sibling {
  id: string;
  format: ModelFormat;
  downloads: number;
}

/**
 * Repositories that name `id` as the model they are quantized from, in one of `formats`: those of the same owner first, then of
 * well-known makers, then by downloads. Gated ones are left out.
 * @throws {LlmiError} HUB_UNREACHABLE, HUB_REFUSED
 */
export async function findSiblings(id: string, formats: readonly ModelFormat[], settings: HubSettings, { signal }: { signal?: AbortSignal } = {}): Promise<Sibling[]> {
  if (settings.offline) return [];
  await using client = await HubClient.open(settings);
  const found: Sibling[] = [];
  for (const format of formats.filter((other) => other !== 'safetensors')) {
    const url = client.url('api', 'models');
    for (const filter of [`base_model:quantized:${id}`, format]) url.searchParams.append('filter', filter);
    for (const property of ['downloads', 'gated']) url.searchParams.append('expand', property);
    for (const [name, value] of [['sort', 'downloads'], ['direction', '-1'], ['limit', String(limit)]] as const) url.searchParams.set(name, value);
    const { value } = await client.json(url, { limitBytes: maxAnswerBytes, about: `models made of ${id}`, signal });
    for (const { id: other, downloads, gated } of listingSchema.catch([]).parse(value)) {
      if (other !== id && !gated) found.push({ id: other, format, downloads });
    }
  }
  return found.sort((left, right) => trust(right.id, id) - trust(left.id, id) || right.downloads - left.downloads || (left.id < right.id ? -1 : 1));
}

function trust(sibling: string, id: string): number {
  const [owner] = sibling.split('/');
  if (owner === id.split('/')[0]) return knownMakers.length + 1;
  const rank = knownMakers.indexOf(owner!);
  return rank < 0 ? 0 : knownMakers.length - rank;
}
