import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateRequestSchema } from '@llmi/core';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { requestFields } from './request-fields.js';
import { addRequestFlags, requestFromOptions } from './request-flags.js';

async function requestOf(...words: string[]) {
  const command = new Command('run').exitOverride().configureOutput({ writeErr: () => {} });
  addRequestFlags(command);
  command.parse(words, { from: 'user' });
  return requestFromOptions(command.opts(), {}, tmpdir());
}

describe('flags of a request', () => {
  it('there is one for every field of the schema but the operands', () => {
    expect(requestFields().map(({ name }) => name)).toEqual(Object.keys(generateRequestSchema.shape).filter((name) => name !== 'model' && name !== 'prompt'));
  });

  it('says what each means, and how files are given', () => {
    const help = new Command('run').configureHelp({ helpWidth: 1000 });
    addRequestFlags(help);
    expect(help.helpInformation()).toMatch(/--temperature <number> +Randomness of the choice of tokens.* \(0 to 2\)/);
    expect(help.helpInformation()).toMatch(/--mask-image <file> +Where to paint, in white\.\n/);
  });

  it('converts each kind of value', async () => {
    expect(
      await requestOf('--max-tokens', '20', '--temperature', '0', '--top-p', '0.5', '--stop-sequences', 'a', '--stop-sequences', 'b', '--system', 'Be brief.', '--normalize', '--timestamps', 'word'),
    ).toEqual({ maxTokens: 20, temperature: 0, topP: 0.5, stopSequences: ['a', 'b'], system: 'Be brief.', normalize: true, timestamps: 'word' });
  });

  it('knows the negative of a switch, and says nothing of one that was not given', async () => {
    expect(await requestOf('--no-normalize')).toEqual({ normalize: false });
    expect(await requestOf()).toEqual({});
  });

  it('joins --text and --texts', async () => {
    expect(await requestOf('--text', 'one', '--text', 'two')).toEqual({ texts: ['one', 'two'] });
  });

  it('takes JSON whole, by element, and from a file', async () => {
    const message = { role: 'user', content: 'Hi' };
    const file = join(mkdtempSync(join(tmpdir(), 'llmi-flags-')), 'chat.json');
    writeFileSync(file, JSON.stringify([message]));
    const expected = { messages: [message] };
    expect(await requestOf('--messages', JSON.stringify([message]))).toEqual(expected);
    expect(await requestOf('--messages', JSON.stringify(message))).toEqual(expected);
    expect(await requestOf('--messages', `@${file}`)).toEqual(expected);
    expect(await requestOf('--points', '[[1, 2], [3, 4]]')).toEqual({ points: [[1, 2], [3, 4]] });
    expect(await requestOf('--points', '[1, 2]', '--points', '[3, 4]')).toEqual({ points: [[1, 2], [3, 4]] });
    expect(await requestOf('--logit-bias', '{"5": -10}')).toEqual({ logitBias: { '5': -10 } });
  });

  it('takes a word or a number where a field takes both', async () => {
    expect(await requestOf('--reasoning', 'high')).toEqual({ reasoning: 'high' });
    expect(await requestOf('--reasoning', '512')).toEqual({ reasoning: 512 });
  });

  it('sends a file as base64', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'llmi-flags-')), 'picture.png');
    writeFileSync(file, 'pixels');
    expect(await requestOf('--images', file)).toEqual({ images: [Buffer.from('pixels').toString('base64')] });
  });

  it.each([
    [['--max-tokens', 'many'], '--max-tokens takes a number, not "many".'],
    [['--max-tokens', ''], '--max-tokens takes a number, not "".'],
    [['--tools', '{'], /^--tools takes JSON/],
    [['--images', 'no-such-file.png'], '--images names a file that cannot be read: no-such-file.png.'],
    [['--temperature', '9'], /^--temperature is not valid/],
    [['--max-tokens', '1.5'], /^--max-tokens is not valid/],
    [['--messages', '[{"role": "nobody"}]'], /^--messages\[0\]\.role is not valid/],
  ])('names the flag that is wrong: %j', async (words, message) => {
    await expect(requestOf(...words)).rejects.toMatchObject({ exitCode: 2, message: typeof message === 'string' ? message : expect.stringMatching(message) });
  });

  it('refuses a choice that there is not', async () => {
    await expect(requestOf('--timestamps', 'never')).rejects.toThrow(/Allowed choices are none, segment, word/);
  });
});
