import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadClipTokenizer } from '../src/tokenizers/clip-tokenizer.js';
import { loadT5Tokenizer } from '../src/tokenizers/t5-tokenizer.js';

interface Expected {
  files: Record<string, string>;
  pad_id: number;
  ids: number[][];
  cut_to_20: number[][];
  masks: number[]; // how many 1 each begins with
}

// Expected: transformers 5.23 (see make_tokenizers.py).
const { texts, tokenizers } = JSON.parse(readFileSync(new URL('fixtures/tokenizers.json', import.meta.url), 'utf8')) as { texts: string[]; tokenizers: Record<string, Expected> };
const shared = process.env.LLMI_SHARED ?? new URL('../../../../shared', import.meta.url).pathname;
const fixtures = join(shared, 'fixtures');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'llmi-tokenizers-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(files: Record<string, string>): Promise<string> {
  const path = await mkdtemp(join(folder, 'x-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
  return path;
}

describe.each(['clip', 'clip, padded with !'])('%s', (name) => {
  const { files, ids, pad_id } = tokenizers[name]!;

  it('makes the tokens of transformers', async () => {
    const tokenizer = await loadClipTokenizer(await write(files));
    expect(tokenizer).toMatchObject({ padId: pad_id, modelMaxLength: 77, bosId: ids[0]![0], eosId: ids[0]!.at(-1) });
    texts.forEach((text, index) => expect([text, tokenizer.encode(text)]).toEqual([text, ids[index]!.slice(1, -1)]));
  });
});

describe('clip', () => {
  it('gives the words of tokens back', async () => {
    const tokenizer = await loadClipTokenizer(await write(tokenizers.clip!.files));
    expect(tokenizer.decode(tokenizer.encode('A Painting of  the café, 😀'))).toBe('a painting of the café , 😀');
  });

  it('bounds the length itself where the tokenizer has none', async () => {
    const { files } = tokenizers.clip!;
    const tokenizer = await loadClipTokenizer(await write({ ...files, 'tokenizer_config.json': '{"model_max_length": 1e30}' }));
    expect(tokenizer.modelMaxLength).toBe(77);
  });

  it.each([
    ['no file', {}, 'MODEL_FILE_MISSING', 'vocab.json'],
    ['no merges', { 'vocab.json': '{}' }, 'MODEL_FILE_MISSING', 'merges.txt'],
    ['half a file', { 'tokenizer.json': '{"model": {"vocab"' }, 'MODEL_FILE_CORRUPT', 'tokenizer.json'],
    ['another model', { 'tokenizer.json': '{"model": {"vocab": []}}' }, 'MODEL_FILE_CORRUPT', 'tokenizer.json'],
    ['no end token', { 'tokenizer.json': '{"model": {"vocab": {"a": 0, "<|startoftext|>": 1}, "merges": []}}' }, 'MODEL_FILE_CORRUPT', 'endoftext'],
  ])('names what is wrong: %s', async (_, files, code, word) => {
    await expect(loadClipTokenizer(await write(files as Record<string, string>))).rejects.toMatchObject({ code, message: expect.stringContaining(word) as unknown });
  });
});

describe('t5', () => {
  it('makes the tokens of transformers, cut and filled up', async () => {
    const { files, ids, cut_to_20, masks } = tokenizers.t5!;
    const tokenizer = await loadT5Tokenizer(await write(files));
    texts.forEach((text, index) => {
      const { ids: found, mask } = tokenizer.encode(text, 1000);
      expect([text, found.slice(0, mask.lastIndexOf(1) + 1)]).toEqual([text, ids[index]]);
      const cut = tokenizer.encode(text, 20);
      expect([text, cut.ids]).toEqual([text, cut_to_20[index]]);
      expect(cut.mask.join('')).toBe('1'.repeat(masks[index]!).padEnd(20, '0'));
    });
  });

  it('takes a word that is longer than any stack', async () => {
    const tokenizer = await loadT5Tokenizer(await write(tokenizers.t5!.files));
    expect(tokenizer.encode('b'.repeat(300_000), 77).mask.at(-1)).toBe(1);
  });

  it('names what is wrong', async () => {
    await expect(loadT5Tokenizer(await write({}))).rejects.toMatchObject({ code: 'MODEL_FILE_MISSING' });
    await expect(loadT5Tokenizer(await write({ 'tokenizer.json': '{"model": {"vocab": {"a": 1}}}' }))).rejects.toMatchObject({ code: 'MODEL_FILE_CORRUPT' });
    await expect(loadT5Tokenizer(await write({ 'tokenizer.json': '{"model": {"vocab": [["a", 1]]}}' }))).rejects.toMatchObject({ code: 'MODEL_FILE_CORRUPT' });
    await expect(loadT5Tokenizer(await write({ 'spiece.model': '\n\u0009truncated' }))).rejects.toMatchObject({ code: 'MODEL_FILE_CORRUPT' });
  });
});

interface GoldenText {
  text: string;
  input_ids_padded: number[];
  attention_mask: number[];
  input_ids: number[];
}

describe.skipIf(!existsSync(fixtures))('the golden fixtures', () => {
  const golden = (repo: string) => (JSON.parse(readFileSync(join(fixtures, 'golden', `${repo}.json`), 'utf8')) as { tokenization: Record<string, GoldenText[]> }).tokenization;
  const folderOf = (repo: string, name: string) => join(fixtures, 'hub/llmi-fixtures', repo, name);
  const clip = ['tiny-sd15-onnx', 'tiny-sd21-v-onnx', 'tiny-sdxl-onnx', 'tiny-sd3-onnx', 'tiny-flux-dev-onnx'];

  it.each(clip)('%s: CLIP', async (repo) => {
    for (const [name, cases] of Object.entries(golden(repo)).filter(([, texts]) => texts[0]!.input_ids_padded.length === 77)) {
      const tokenizer = await loadClipTokenizer(folderOf(repo, name));
      for (const { text, input_ids } of cases) expect([text, tokenizer.bosId, ...tokenizer.encode(text), tokenizer.eosId]).toEqual([text, ...input_ids]);
    }
  });

  it.each(['tiny-sd3-onnx', 'tiny-flux-dev-onnx', 'tiny-ltx-video-onnx'])('%s: T5', async (repo) => {
    for (const [name, cases] of Object.entries(golden(repo)).filter(([, texts]) => texts[0]!.input_ids_padded.length !== 77)) {
      const tokenizer = await loadT5Tokenizer(folderOf(repo, name));
      for (const { text, input_ids_padded, attention_mask } of cases) expect([text, tokenizer.encode(text, input_ids_padded.length)]).toEqual([text, { ids: input_ids_padded, mask: attention_mask }]);
    }
  });

  it('reads a SentencePiece model, with its map of characters', async () => {
    const path = await mkdtemp(join(folder, 'x-'));
    await writeFile(join(path, 'spiece.model'), readFileSync(join(folderOf('tiny-sd3-onnx', 'tokenizer_3'), 'spiece.model')));
    const tokenizer = await loadT5Tokenizer(path);
    // Expected: T5Tokenizer.from_pretrained of transformers 5.23 for a folder with this one file.
    const encode = (text: string) => tokenizer.encode(text, 24).ids;
    expect(encode('<extra_id_0> <extra_id_99>x<unk>y</s>z').slice(0, 11)).toEqual([435, 336, 3, 321, 2, 3, 8, 1, 3, 282, 1]);
    expect(encode('ﬁ ﬂ ﬀ Ａｂｃ １２３ ㍿ ℃ ™').slice(0, 8)).toEqual([299, 77, 301, 325, 3, 2, 326, 30]);
    expect(encode('ŉ ŀ Ǌ').slice(0, 8)).toEqual([3, 2, 333, 3, 16, 2, 3, 2]);
  });
});
