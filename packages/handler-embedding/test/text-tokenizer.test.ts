import { rmSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { TextTokenizer } from '../src/tokenizer/text-tokenizer.js';
import { tokenizerJson, writeFiles } from './tiny-model.js';

async function load(config: Record<string, unknown> = {}, changes: Record<string, unknown> = {}, lowercase = false): Promise<TextTokenizer> {
  const folder = writeFiles({ 'tokenizer.json': { ...tokenizerJson, ...changes }, 'tokenizer_config.json': { pad_token: '[PAD]', ...config } });
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return TextTokenizer.load(folder, { lowercase });
}

const [unknown, cls, sep, hello, world, query, colon] = [1, 2, 3, 4, 5, 6, 7];

it('puts special tokens around a text', async () => {
  const { ids, typeIds, fullLength } = (await load()).encode('hello world', '', 10);
  expect({ ids, typeIds, fullLength }).toEqual({ ids: [cls, hello, world, sep], typeIds: [0, 0, 0, 0], fullLength: 4 });
});

it('keeps the special tokens when it cuts, at the side that the model says', async () => {
  expect((await load()).encode('hello world hello', '', 4)).toMatchObject({ ids: [cls, hello, world, sep], fullLength: 5 });
  expect((await load({ truncation_side: 'left' })).encode('hello world hello', '', 4).ids).toEqual([cls, world, hello, sep]);
  expect((await load()).encode('hello', '', 1).ids).toEqual([cls, sep]);
});

it('counts the tokens of the prompt, the special one at its end left out', async () => {
  expect((await load()).encode('hello', 'query: ', 10)).toMatchObject({ ids: [cls, query, colon, hello, sep], promptTokens: 3 });
  expect((await load()).encode('hello', 'query: ', 4)).toMatchObject({ ids: [cls, query, colon, sep], promptTokens: 3 });
});

it('finds special tokens in a text', async () => {
  expect((await load()).encode('hello [SEP] world', '', 10).ids).toEqual([cls, hello, sep, world, sep]);
});

it('works without special tokens', async () => {
  expect((await load({}, { post_processor: null })).encode('hello', '', 10)).toMatchObject({ ids: [hello], typeIds: [0] });
});

it('lowercases as BERT classes do in Python: by tokenizer_config.json, not by tokenizer.json', async () => {
  const cased = { normalizer: { ...tokenizerJson.normalizer, lowercase: false } };
  const idOf = async (tokenizer: Promise<TextTokenizer>) => (await tokenizer).encode('HELLO', '', 10).ids[1];
  expect(await idOf(load({}, cased))).toBe(unknown);
  expect(await idOf(load({ tokenizer_class: 'BertTokenizer' }, cased))).toBe(hello);
  expect(await idOf(load({ tokenizer_class: 'BertTokenizer', do_lower_case: false }))).toBe(unknown);
  expect(await idOf(load({}, { normalizer: null }, true))).toBe(hello); // sentence_bert_config.json asks for it
});
