import type { GgufFacts } from '@llmi/core';
import { z } from 'zod';
import type { ByteSource } from '../byte-source.js';
import { ggufLabel } from '../choose/gguf-label.js';
import type { GgufSet } from './gguf-set.js';
import type { ListedGguf } from './read-gguf-header.js';

/** From this size on, the tensors of a file are its size less some MB of header: the error is under one percent. */
const worthEstimatingBytes = 256e6;

/** Bytes in a header for a token (its length, its text, its type) and for a merge of two. */
const tokenBytes = 8 + 7 + 4;
const mergeBytes = 8 + 10;
/** Of a vocabulary of merges there are up to so many for a token. */
const mergesPerToken = 2;

/** Weights of other sizes than these belong to another model than the one that the hub counted. */
const bitsPerWeight = [1, 34] as const;

const listSchema = z.object({ length: z.number() });

/**
 * The facts of a large file whose header was read up to its vocabulary, `position` bytes: settings of the architecture come before it, and
 * what comes after it the hub tells, or the size of the file. Undefined where that would be a guess.
 */
export function estimateGguf(source: ByteSource, metadata: Record<string, unknown>, listed: ListedGguf, position: number): GgufFacts | undefined {
  const architecture = metadata['general.architecture'];
  const tokens = listSchema.safeParse(metadata['tokenizer.ggml.tokens']).data?.length;
  const sizeBytes = listed.setBytes ?? source.sizeBytes;
  if (typeof architecture !== 'string' || tokens === undefined) return undefined;
  if (metadata[`${architecture}.block_count`] === undefined || (listed.architecture ?? architecture) !== architecture) return undefined;
  const merges = metadata['tokenizer.ggml.model'] === 'gpt2' ? mergesPerToken * tokens : 0;
  const metadataBytes = Math.max(position, Math.min(tokens * tokenBytes + merges * mergeBytes, sizeBytes / 10));
  const template = listed.chatTemplate === undefined ? {} : { 'tokenizer.chat_template': listed.chatTemplate };
  return estimated({ name: source.name, sizeBytes }, { architecture, metadata: { ...metadata, ...template }, parameterCount: listed.parameterCount, metadataBytes });
}

/** The facts of another quantization of a model, by the header of one of them: they differ in their tensors alone. */
export function otherQuantization({ files: [first], sizeBytes }: Pick<GgufSet, 'files' | 'sizeBytes'>, known: GgufFacts): GgufFacts | undefined {
  if (!first || withoutLabel(first.path) !== withoutLabel(known.file)) return undefined;
  const { 'general.file_type': _other, ...metadata } = known.metadata;
  return estimated({ name: first.path, sizeBytes }, { ...known, metadata });
}

/** The facts by one header, of which the tensors are of the whole file, or of all parts of a split one. */
export function estimated(source: Pick<ByteSource, 'name' | 'sizeBytes'>, facts: Pick<GgufFacts, 'architecture' | 'metadata' | 'parameterCount' | 'metadataBytes'>): GgufFacts | undefined {
  if (source.sizeBytes < worthEstimatingBytes) return undefined;
  const tensorBytes = Math.floor(source.sizeBytes - facts.metadataBytes);
  const bits = (8 * tensorBytes) / facts.parameterCount;
  if (!(bits >= bitsPerWeight[0] && bits <= bitsPerWeight[1])) return undefined;
  const { architecture, metadata, parameterCount, metadataBytes } = facts;
  return { file: source.name, architecture, parameterCount, tensorBytes, bytesByType: { [ggufLabel(source.name) ?? 'unknown']: tensorBytes }, metadata, metadataBytes: Math.floor(metadataBytes), estimated: true };
}

/** `model-Q8_0-00001-of-00002.gguf` to `model`. */
function withoutLabel(path: string): string {
  const stem = path.slice(path.lastIndexOf('/') + 1).replace(/\.gguf$/i, '').replace(/-\d{5}-of-\d{5}$/, '').toLowerCase();
  const label = ggufLabel(path)?.toLowerCase();
  return label === undefined ? stem : stem.replace(label, '').replace(/[-._]+$/, '');
}
