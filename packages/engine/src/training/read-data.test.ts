import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readTrainingData } from './read-data.js';

async function fileOf(content: string): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'llmi-training-')), 'examples.jsonl');
  await writeFile(path, content);
  return path;
}
const lines = (...values: unknown[]) => values.map((value) => JSON.stringify(value)).join('\n');
const chat = { messages: [{ role: 'user', content: 'Hi' }, { role: 'assistant', content: 'Hello' }] };

it.each([
  ['conversations', lines(chat, chat), { layout: 'chat', examples: 2, format: 'jsonl' }],
  ["Alpaca's", lines({ instruction: 'a', output: 'b' }, { instruction: 'a', input: '', output: 'b' }), { layout: 'instruction', examples: 2 }],
  ['completions, with empty lines and a byte order mark', `\ufeff${lines({ prompt: 'a', completion: 'b' })}\r\n\n`, { layout: 'completion', examples: 1 }],
  ['one array', `\ufeff[${lines({ text: 'a' })}]`, { layout: 'text', examples: 1, format: 'json' }],
])('reads %s', async (_name, content, expected) => {
  expect(await readTrainingData(await fileOf(content))).toMatchObject(expected);
});

it.each([
  ['an unknown layout', lines({ question: 'a', answer: 'b' }), /question, answer/],
  ['examples that differ', lines(chat, { text: 'a' }), /^Line 2 .*"chat"/],
  ['a conversation that ends with a question', lines({ messages: [{ role: 'assistant', content: 'Hi' }, { role: 'user', content: 'Ho' }] }), /assistant/],
  ['a line that is no JSON', `${lines(chat)}\n{"messages":`, /^Line 2 is no JSON/],
  ['an empty answer', lines({ prompt: 'a', completion: '' }), /completion/],
  ['no examples', '\n\n', /no examples/],
  ['a broken array', '[{"text": "a"},', /no JSON/],
])('refuses %s, and names the place', async (_name, content, message) => {
  await expect(readTrainingData(await fileOf(content))).rejects.toMatchObject({ code: 'INPUT_INVALID', param: 'data', message: expect.stringMatching(message) as unknown });
});

it('says that there is no such file', async () => {
  await expect(readTrainingData('/nowhere/examples.jsonl')).rejects.toMatchObject({ code: 'INPUT_INVALID', hint: expect.stringContaining('--data') as unknown });
});
