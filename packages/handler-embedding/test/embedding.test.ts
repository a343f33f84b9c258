import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { collectDone, LlmiError, type GenerateEvent, type GenerateRequest } from '@llmi/core';
import { afterEach, describe, expect, it } from 'vitest';
import { EmbeddingHandler, loadEmbedder } from '../src/index.js';
import { readModelFolder } from '@llmi/runtime-onnx';
import { folderLayout } from '../src/folder-layout.js';
import { identityGraph, lookupGraph, tableBytes } from './protobuf.js';
import { safetensors, table, tinyFiles, writeFiles } from './tiny-model.js';

const folders: string[] = [];

function tiny(changes: Record<string, unknown> = {}): string {
  const files = Object.fromEntries(Object.entries({ ...tinyFiles(), ...changes }).filter(([, content]) => content !== undefined));
  const folder = writeFiles(files);
  folders.push(folder);
  return folder;
}

afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

async function embed(request: GenerateRequest, changes?: Record<string, unknown>) {
  await using embedder = await loadEmbedder(tiny(changes), { threads: 1 });
  return await embedder.embedText(request);
}

async function errorOf(work: Promise<unknown>): Promise<Partial<LlmiError>> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!LlmiError.is(error)) throw error ?? new Error('It did not fail.');
  return error;
}

const round = (vectors: number[][]) => vectors.map((vector) => vector.map((value) => Math.round(value * 1e6) / 1e6));

describe('an embedding model', () => {
  it('gives the normalized mean of the tokens, in the order of the texts', async () => {
    // [CLS] hello world [SEP] has the mean [3/4, 4/4]; [CLS] hello [SEP] points along the first axis
    const { embeddings, dimensions, usage, truncated } = await embed({ texts: ['hello', 'Hello WORLD', 'world'] });
    expect(round(embeddings)).toEqual([[1, 0], [0.6, 0.8], [0, 1]]);
    expect({ dimensions, usage, truncated }).toEqual({ dimensions: 2, usage: { promptTokens: 10, completionTokens: 0, totalTokens: 10 }, truncated: undefined });
  });

  it('takes one text as prompt', async () => {
    expect(round((await embed({ prompt: 'hello world' })).embeddings)).toEqual([[0.6, 0.8]]);
  });

  it('lets a request choose pooling, normalization and dimensions', async () => {
    expect((await embed({ texts: ['hello world'], normalize: false })).embeddings).toEqual([[0.75, 1]]);
    expect((await embed({ texts: ['hello world'], normalize: false, pooling: 'max' })).embeddings).toEqual([[3, 4]]);
    expect(await embed({ texts: ['hello world'], dimensions: 1 })).toMatchObject({ embeddings: [[1]], dimensions: 1 });
    expect(await errorOf(embed({ texts: ['hello'], dimensions: 3 }))).toMatchObject({ code: 'INPUT_INVALID', param: 'dimensions' });
  });

  it('puts the prompt of the name or mode before the text', async () => {
    // [CLS] query : hello [SEP]: mean [9/5, 8/5]
    const plain = { texts: ['hello'], normalize: false };
    expect(round((await embed({ ...plain, promptName: 'query' })).embeddings)).toEqual([[1.8, 1.6]]);
    expect(round((await embed({ ...plain, mode: 'query' })).embeddings)).toEqual([[1.8, 1.6]]);
    expect(round((await embed({ ...plain, mode: 'document' })).embeddings)).toEqual([[1, 0]]);
    expect(await errorOf(embed({ ...plain, promptName: 'poem' }))).toMatchObject({ code: 'INPUT_INVALID', param: 'prompt_name', hint: expect.stringContaining('passage') });
    expect(await errorOf(embed({ ...plain, mode: 'chat' }))).toMatchObject({ code: 'MODE_UNSUPPORTED', hint: expect.stringContaining('document') });
  });

  it('leaves the prompt out of pooling where the model says so', async () => {
    // Prompt tokens are [CLS] query : - what is left is hello [SEP]: mean [3/2, 0]
    const changes = { '1_Pooling/config.json': { pooling_mode_mean_tokens: true, include_prompt: false } };
    expect((await embed({ texts: ['hello'], promptName: 'query', normalize: false }, changes)).embeddings).toEqual([[1.5, 0]]);
    const tooShort = { ...changes, 'sentence_bert_config.json': { max_seq_length: 2 }, '1_Pooling/config.json': { pooling_mode_lasttoken: true, include_prompt: false } };
    expect((await embed({ texts: ['hello'], promptName: 'query', normalize: false }, tooShort)).embeddings).toEqual([[0, 0]]);
  });

  it('cuts long texts, says which, and refuses them when asked to', async () => {
    const long = 'hello '.repeat(20);
    const { truncated, usage, embeddings } = await embed({ texts: ['world', long], normalize: false });
    expect({ truncated, tokens: usage.promptTokens }).toEqual({ truncated: [1], tokens: 3 + 8 });
    expect(embeddings[1]).toEqual([(6 * 3) / 8, 0]); // [CLS], six times hello, [SEP]
    expect(await errorOf(embed({ texts: ['world', long], truncate: false }))).toMatchObject({ code: 'CONTEXT_LENGTH_EXCEEDED', param: 'texts[1]' });
  });

  it('embeds an empty text by its special tokens', async () => {
    expect(round((await embed({ texts: ['', 'world'], normalize: false })).embeddings)).toEqual([[0, 0], [0, 1.333333]]);
  });

  it('refuses what it has no use for, by the name on the wire', async () => {
    expect(await errorOf(embed({ texts: ['hello'], maxTokens: 5 }))).toMatchObject({ code: 'INPUT_UNSUPPORTED', param: 'max_tokens' });
    expect(await errorOf(embed({}))).toMatchObject({ code: 'INPUT_INVALID', param: 'texts' });
    expect(await errorOf(embed({ texts: [] }))).toMatchObject({ code: 'INPUT_INVALID', param: 'texts' });
    expect(await errorOf(embed({ texts: ['hello'], prompt: 'hello' }))).toMatchObject({ code: 'INPUT_INVALID' });
    expect(await errorOf(embed({ texts: ['hello'], task: 'text-generation' }))).toMatchObject({ code: 'TASK_UNSUPPORTED' });
  });

  it('does not let the other texts of a request change a vector', async () => {
    await using embedder = await loadEmbedder(tiny(), { threads: 1 });
    const texts = Array.from({ length: 300 }, (_, index) => ['hello', 'world', 'query', 'unheard of'].slice(0, 1 + (index % 4)).join(' '));
    const together = (await embedder.embedText({ texts })).embeddings;
    for (const index of [0, 1, 2, 3, 299]) expect(together[index]).toEqual((await embedder.embedText({ texts: [texts[index]!] })).embeddings[0]);
  });

  it('reports progress by batch, and ends with done', async () => {
    await using embedder = await loadEmbedder(tiny(), { threads: 1 });
    const events: GenerateEvent[] = [];
    for await (const event of embedder.generateStream({ texts: Array(300).fill('hello world') })) events.push(event);
    expect(events.map(({ type }) => type)).toEqual(['progress', 'progress', 'progress', 'done']); // 1200 tokens, 512 each
    expect(events[2]).toEqual({ type: 'progress', stage: 'embed', step: 3, steps: 3 });
  });

  it('stops between two batches', async () => {
    await using embedder = await loadEmbedder(tiny(), { threads: 1 });
    const controller = new AbortController();
    const reason = new Error('enough');
    const seen: string[] = [];
    const work = (async () => {
      for await (const event of embedder.generateStream({ texts: Array(1000).fill('hello world') }, { signal: controller.signal })) {
        seen.push(event.type);
        controller.abort(reason);
      }
    })();
    await expect(work).rejects.toBe(reason);
    expect(seen).toEqual(['progress']);
  });

  it('works on several requests at the same time', async () => {
    await using embedder = await loadEmbedder(tiny(), { threads: 1 });
    const [hello, world] = await Promise.all([embedder.embedText({ texts: Array(400).fill('hello') }), embedder.embedText({ texts: Array(400).fill('world') })]);
    expect(new Set(hello.embeddings.map(String))).toEqual(new Set(['1,0']));
    expect(new Set(world.embeddings.map(String))).toEqual(new Set(['0,1']));
  });

  it('is gone after it was disposed of', async () => {
    const embedder = await loadEmbedder(tiny(), { threads: 1 });
    await embedder[Symbol.asyncDispose]();
    await embedder[Symbol.asyncDispose]();
    expect(await errorOf(embedder.embedText({ texts: ['hello'] }))).toMatchObject({ code: 'MODEL_DISPOSED' });
  });
});

describe('other layouts', () => {
  it('applies a dense layer', async () => {
    // Dense: identity activation, [[1, 1], [0, 2], [1, 0]] and the bias [0, 0, 1]
    const changes = {
      'modules.json': ['Transformer', 'Pooling', 'Dense'].map((name, idx) => ({ path: idx === 0 ? '' : `${idx}_${name}`, type: `sentence_transformers.models.${name}` })),
      '2_Dense/config.json': { in_features: 2, out_features: 3, activation_function: 'torch.nn.modules.linear.Identity' },
      '2_Dense/model.safetensors': safetensors({ 'linear.weight': [[3, 2], [1, 1, 0, 2, 1, 0]], 'linear.bias': [[3], [0, 0, 1]] }),
    };
    expect(await embed({ texts: ['hello world'] }, changes)).toMatchObject({ embeddings: [[1.75, 2, 1.75]], dimensions: 3 });
    expect(await embed({ texts: ['hello world'], pooling: 'max' }, changes)).toMatchObject({ embeddings: [[7, 8, 4]] });
    const joined = { ...changes, '1_Pooling/config.json': { word_embedding_dimension: 1, pooling_mode_mean_tokens: true, pooling_mode_max_tokens: true } };
    expect(await errorOf(embed({ texts: ['hello world'], pooling: 'max' }, joined))).toMatchObject({ code: 'INPUT_UNSUPPORTED', param: 'pooling' });
  });

  it('takes a repository without modules.json: mean pooling, not normalized', async () => {
    const folder = tiny({ 'modules.json': undefined, '1_Pooling/config.json': undefined });
    await using embedder = await loadEmbedder(folder, { threads: 1 });
    expect((await embedder.embedText({ texts: ['hello world'] })).embeddings).toEqual([[0.75, 1]]);
    expect(embedder.getInstallationNotes().pooling).toContain('"mean"');
  });

  it('takes the vector of a graph that pools by itself, and refuses another way of pooling', async () => {
    const changes = { 'onnx/model.onnx': identityGraph() };
    expect((await embed({ texts: ['hello world'], normalize: false }, changes)).embeddings).toEqual([[2, 4, 5, 3]]);
    expect(await errorOf(embed({ texts: ['hello'], pooling: 'cls' }, changes))).toMatchObject({ code: 'INPUT_UNSUPPORTED', param: 'pooling' });
  });

  it('loads one .onnx file, and the one of a dtype', async () => {
    const doubled = lookupGraph(table.map((row) => row.map((value) => value * 2)));
    const folder = tiny({ 'onnx/model_quantized.onnx': doubled });
    for (const [path, options, expected] of [
      [folder, {}, [3, 4]],
      [folder, { dtype: 'q8' }, [6, 8]],
      [folder, { quantization: 'int8' }, [6, 8]],
      [join(folder, 'onnx', 'model_quantized.onnx'), {}, [6, 8]],
    ] as const) {
      await using embedder = await loadEmbedder(path, { threads: 1, ...options });
      expect((await embedder.embedText({ texts: ['hello world'], pooling: 'max', normalize: false })).embeddings).toEqual([expected]);
    }
    expect(await errorOf(loadEmbedder(folder, { dtype: 'q4' }))).toMatchObject({ code: 'FILE_CHOICE_EMPTY', hint: expect.stringContaining('fp32, q8') });
  });

  it('takes a longer context up to the positions of the encoder', async () => {
    const folder = tiny();
    await using embedder = await loadEmbedder(folder, { threads: 1, contextSize: 16 });
    expect((await embedder.embedText({ texts: ['hello '.repeat(20)] })).usage.promptTokens).toBe(16);
    expect(await errorOf(loadEmbedder(folder, { contextSize: 17 }))).toMatchObject({ code: 'INPUT_INVALID' });
  });
});

describe('broken models', () => {
  it.each([
    ['no tokenizer', { 'tokenizer.json': undefined }, 'MODEL_FILE_MISSING', 'tokenizer.json'],
    ['a tokenizer that is no JSON', { 'tokenizer.json': '{"model":' }, 'MODEL_FILE_CORRUPT', 'tokenizer.json'],
    ['an unknown kind of tokenizer', { 'tokenizer.json': { ...tinyTokenizer(), model: { type: 'Runes' } } }, 'MODEL_FILE_CORRUPT', 'tokenizer.json'],
    ['no graph', { 'onnx/model.onnx': undefined }, 'MODEL_FILE_MISSING', '.onnx'],
    ['half a graph', { 'onnx/model.onnx': lookupGraph(table).subarray(0, 100) }, 'MODEL_FILE_CORRUPT', 'model.onnx'],
    ['weights from elsewhere', { 'onnx/model.onnx': lookupGraph(table, '../../secret') }, 'MODEL_FILE_REFUSED', '../../secret'],
    ['no pooling configuration', { '1_Pooling/config.json': undefined }, 'MODEL_FILE_MISSING', '1_Pooling/config.json'],
    ['a damaged modules.json', { 'modules.json': { idx: 0 } }, 'MODEL_FILE_CORRUPT', 'modules.json'],
    ['an unknown module', { 'modules.json': [{ path: '', type: 'sentence_transformers.models.CLIPModel' }] }, 'MODEL_FORMAT_UNSUPPORTED', 'CLIPModel'],
    ['a module from elsewhere', { 'modules.json': [{ path: '', type: 'x.Transformer' }, { path: '../1', type: 'x.Pooling' }] }, 'MODEL_FILE_REFUSED', '../1'],
  ])('%s', async (_, changes, code, named) => {
    const error = await errorOf(embed({ texts: ['hello'] }, changes));
    expect({ code: error.code, message: error.message }).toEqual({ code, message: expect.stringContaining(named) });
  });

  it('names every file that is missing or short', async () => {
    const folder = tiny();
    const handler = new EmbeddingHandler(await readModelFolder(folder, folderLayout));
    expect(await handler.validateModelFiles(folder)).toEqual({ ok: true });
    rmSync(join(folder, 'tokenizer.json'));
    truncateSync(join(folder, 'onnx', 'model.onnx'), 50);
    const result = await handler.validateModelFiles(folder);
    expect(result).toMatchObject({ ok: false, error: expect.stringMatching(/onnx\/model.onnx has 50 bytes.*tokenizer.json is missing/) });
  });

  it('finds damage that leaves the size as it was, and data that is not there', async () => {
    const folder = tiny();
    const handler = new EmbeddingHandler(await readModelFolder(folder, folderLayout));
    writeFileSync(join(folder, 'onnx', 'model.onnx'), lookupGraph(table).fill(0xff));
    expect(await handler.validateModelFiles(folder)).toMatchObject({ ok: false, error: expect.stringContaining('model.onnx is not a whole ONNX file') });
    const external = tiny({ 'onnx/model.onnx': lookupGraph(table, 'model.onnx_data'), 'onnx/model.onnx_data': tableBytes(table) });
    const other = new EmbeddingHandler(await readModelFolder(external, folderLayout));
    expect(await other.validateModelFiles(external)).toEqual({ ok: true });
    await using embedder = await loadEmbedder(external, { threads: 1 });
    expect((await collectDone(embedder.generateStream({ texts: ['hello'] }))).result).toMatchObject({ embeddings: [[1, 0]] });
  });

  it('says when there is no model', async () => {
    expect(await errorOf(loadEmbedder('/nowhere/at/all'))).toMatchObject({ code: 'MODEL_NOT_FOUND' });
    const handler = new EmbeddingHandler(await readModelFolder(tiny(), folderLayout));
    expect(await errorOf(handler.embedText({ texts: ['hello'] }))).toMatchObject({ code: 'MODEL_NOT_LOADED' });
  });
});

function tinyTokenizer(): Record<string, unknown> {
  return tinyFiles()['tokenizer.json'] as Record<string, unknown>;
}
