import { afterEach, beforeEach, expect, it } from 'vitest';
import { tinyFolder, type TinyFolder } from '../../test/helpers/tiny-model.js';
import { GgufMetadata } from '../gguf/metadata.js';
import { ModelFolder } from '../model-folder.js';
import { writeGeneralMetadata } from './general-metadata.js';

let folder: TinyFolder;
beforeEach(() => {
  folder = tinyFolder('Some-Model-7B-Instruct');
});
afterEach(() => folder.remove());

async function texts(): Promise<{ text: string; notes: string[]; metadata: GgufMetadata }> {
  const metadata = new GgufMetadata('llama');
  const notes: string[] = [];
  await writeGeneralMetadata(metadata, await ModelFolder.open(folder.path), { total: 7e9, shared: 7e9, perExpert: 0, expertCount: 0 }, notes);
  return { text: Buffer.concat(metadata.encode()).toString('utf8'), notes, metadata };
}

it('says what the card, the name and the way of sampling are', async () => {
  folder.write('README.md', '---\nlanguage:\n- no\nlicense: [mit, other]\nbase_model: Qwen/Qwen2.5-7B-v0.3\ndatasets:\n- https://example.org/set\ntags: [chat]\npipeline_tag: text-generation\n---\nHi\n');
  folder.write('generation_config.json', { temperature: 0.7, top_k: 20, repetition_penalty: 1.1 });
  const { text, metadata } = await texts();
  for (const value of ['Some Model 7B Instruct', 'mit,other', 'Qwen2.5 7B v0.3', 'https://huggingface.co/Qwen/Qwen2.5-7B-v0.3', 'https://example.org/set', 'text-generation']) expect(text).toContain(value);
  expect(text.slice(text.indexOf('general.languages'))).toContain('no');
  expect(metadata.number('general.sampling.top_k')).toBe(20);
  expect(metadata.number('general.base_model.count')).toBe(1);
  expect(metadata.has('general.sampling.penalty_repeat')).toBe(true);
});

it('goes without a card that is no YAML, and says so', async () => {
  folder.write('README.md', '---\na: [1, 2\nb: {\n---\n');
  const { notes, text } = await texts();
  expect(notes).toHaveLength(1);
  expect(text).toContain('Some Model 7B Instruct');
});

it('is not led astray by a card that unfolds without end', async () => {
  const lines = ['a: &a [x, x, x, x, x, x, x, x, x]', ...'bcdefghi'.split('').map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[index]}`).join(', ')}]`)];
  folder.write('README.md', `---\n${lines.join('\n')}\n---\n`);
  expect((await texts()).notes).toHaveLength(1);
});
