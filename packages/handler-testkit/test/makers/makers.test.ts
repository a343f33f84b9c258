import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { GgufFacts } from '@llmi/core';
import { describe, expect, it } from 'vitest';
import { ggufFacts, ggufFile, randomLlama } from '../../src/gguf/index.js';
import { readModelFacts } from '../../src/index.js';
import { checkpointTensors, tinyCheckpoint, tinyTextModel, writeModel } from '../../src/models/index.js';
import { safetensorsFile } from '../../src/safetensors/index.js';
import { byteLevelVocabulary, wordPieceTokenizer } from '../../src/tokenizers/index.js';
import { packageFolder } from '../support/our-handler.js';

interface Hub {
  ggufFileFacts(path: string, name: string): Promise<GgufFacts>;
  fileSource(path: string): Promise<AsyncDisposable>;
  readSafetensorsHeader(source: AsyncDisposable): Promise<{ parameterCount: number; bytesByType: Record<string, number> }>;
}

/** The readers that llmi itself uses: what they say of a file is what counts. */
const hub = (await import(pathToFileURL(join(packageFolder('hub'), 'dist/index.js')).href)) as Hub;

describe('GGUF', () => {
  it('is read by llmi as the facts say', async () => {
    using model = writeModel(tinyTextModel());
    const facts = (await readModelFacts(model.path, model.facts)).gguf!;
    const read = await hub.ggufFileFacts(join(model.path, facts.file), facts.file);
    const rounded = (metadata: Record<string, unknown>) => Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, typeof value === 'number' ? Math.fround(value) : value]));
    expect({ ...read, metadata: rounded(read.metadata) }).toEqual({ ...facts, metadata: rounded(facts.metadata) });
    expect(facts.metadata['tokenizer.ggml.tokens']).toEqual({ type: 'string', length: 384 });
  });

  it('aligns tensors, and refuses rows that are no whole blocks', () => {
    const tensors = [{ name: 'a', dimensions: [3], type: 'F32' as const, data: Uint8Array.from({ length: 12 }, () => 7) }, { name: 'b', dimensions: [32], type: 'Q8_0' as const }];
    const file = ggufFile({ 'general.architecture': ['string', 'x'] }, tensors, { alignment: 64 });
    expect(file.length % 64).toBe(0);
    expect(file.subarray(-128, -116)).toEqual(Buffer.alloc(12, 7));
    expect(() => ggufFile({}, [{ name: 'c', dimensions: [33], type: 'Q8_0' }])).toThrow('rows of 33 are no whole blocks of Q8_0');
    expect(ggufFacts('f', {}, tensors)).toMatchObject({ parameterCount: 35, tensorBytes: 46, bytesByType: { F32: 12, Q8_0: 34 } });
  });

  it('is the same for the same seed', () => {
    const file = (seed: number) => { const { metadata, tensors } = randomLlama({ seed }); return ggufFile(metadata, tensors); };
    expect(file(1).equals(file(1))).toBe(true);
    expect(file(1).equals(file(2))).toBe(false);
  });
});

describe('safetensors', () => {
  it.each(['F32', 'F16', 'BF16'] as const)('of %s is read by llmi', async (dtype) => {
    using model = writeModel(tinyCheckpoint(dtype));
    await using source = await hub.fileSource(join(model.path, 'model.safetensors'));
    const { parameterCount, bytesByType } = await hub.readSafetensorsHeader(source);
    const elements = Object.values(checkpointTensors()).reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size), 0);
    expect(parameterCount).toBe(elements);
    expect(bytesByType).toEqual({ [dtype]: elements * (dtype === 'F32' ? 4 : 2) });
  });

  it('holds the same numbers in every type', () => {
    const values = [1, -0.25, 0, 3.5];
    const words = (dtype: 'F16' | 'BF16') => new Uint16Array(Uint8Array.from(safetensorsFile({ x: { dtype, shape: [4], values } }).subarray(-8)).buffer);
    expect([...words('F16')]).toEqual([0x3c00, 0xb400, 0, 0x4300]);
    expect([...words('BF16')]).toEqual([0x3f80, 0xbe80, 0, 0x4060]);
    expect(() => safetensorsFile({ x: { shape: [3], values } })).toThrow('4 values for the shape [3]');
  });
});

describe('tokenizers', () => {
  it('have as many tokens as asked for, each once, and merges that build them', () => {
    const { tokens, merges } = byteLevelVocabulary(2000, ['<s>']);
    expect(tokens).toHaveLength(2000);
    expect(new Set(tokens).size).toBe(2000);
    for (const merge of merges) expect(tokens).toContain(merge.replace(' ', ''));
    expect(() => byteLevelVocabulary(100, [])).toThrow('at least 256 tokens');
  });

  it('of WordPiece put [CLS] before and [SEP] behind', () => {
    expect(wordPieceTokenizer(['hello'])).toMatchObject({ model: { vocab: { '[PAD]': 0, '[SEP]': 3, hello: 4 } }, post_processor: { special_tokens: { '[CLS]': { ids: [2] } } } });
  });
});

it('a written model is taken away', () => {
  const model = writeModel({ files: { 'a/b.json': { c: 1 }, 'd.txt': 'e' } });
  expect(JSON.parse(readFileSync(join(model.path, 'a/b.json'), 'utf8'))).toEqual({ c: 1 });
  model.remove();
  expect(existsSync(model.path)).toBe(false);
});
