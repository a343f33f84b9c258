import { setImmediate } from 'node:timers/promises';
import { LlmiError } from '@llmi/core';
import { describe, expect, it } from 'vitest';
import { fakeEngine, installedName, textEvents, type FakeEngine } from './support/fake-engine.js';
import type { FakeTerminal } from './support/fake-terminal.js';
import { runFake } from './support/run-fake.js';

/** Types lines one after the other, each when what was there before has been shown. */
function chat(lines: string[], engine: FakeEngine = fakeEngine(), flags: string[] = []) {
  const type = async (terminal: FakeTerminal) => {
    for (const line of lines) {
      const before = terminal.out().length;
      terminal.stdin.write(line);
      for (let turn = 0; turn < 50 || terminal.out().length === before; turn++) await setImmediate();
    }
    terminal.stdin.end();
  };
  return runFake(['run', installedName, ...flags], { engine, isTerminal: true, meanwhile: (terminal) => void type(terminal) });
}

describe('the chat in the terminal', () => {
  it('sends the whole conversation along', async () => {
    const engine = fakeEngine({ answers: ({ messages }) => textEvents(`Answer ${messages!.length}`) });
    const { exitCode, out } = await chat(['One\r', 'Two\r', '/exit\r'], engine);
    expect(exitCode).toBe(0);
    expect(out).toContain('Answer 3');
    expect(engine.asked.at(-1)!.messages).toEqual([
      { role: 'user', content: 'One' },
      { role: 'assistant', content: 'Answer 1' },
      { role: 'user', content: 'Two' },
    ]);
  });

  it('knows its commands', async () => {
    const engine = fakeEngine();
    const { err } = await chat(['Before\r', '/clear\r', '/system Be brief.\r', '/set temperature 0\r', '/set max-tokens 5\r', '/set temperature\r', '/help\r', 'After\r'], engine, ['--seed', '7']);
    expect(engine.asked.at(-1)).toEqual({ seed: 7, system: 'Be brief.', maxTokens: 5, messages: [{ role: 'user', content: 'After' }] });
    expect(err).toContain('/set FIELD VALUE');
    expect(err).toContain('temperature is unset.');
  });

  it('goes on after an error', async () => {
    let first = true;
    const engine = fakeEngine({
      async *answers() {
        if (first) {
          first = false;
          throw new LlmiError('RUNNER_CRASHED', { message: 'It crashed.', hint: 'Try again.' });
        }
        yield* textEvents('Back.');
      },
    });
    const { exitCode, out, err } = await chat(['One\r', '/wrong\r', '/set temperature hot\r', '/set temprature 1\r', 'Two\r'], engine);
    expect(exitCode).toBe(0);
    for (const part of ['It crashed.', 'There is no command /wrong.', 'takes a number, not "hot"', 'A request has no field "temprature"', 'Did you mean "temperature"?']) expect(err).toContain(part);
    expect(out).toContain('Back.');
    expect(engine.asked.at(-1)!.messages).toEqual([{ role: 'user', content: 'Two' }]);
  });

  it('takes a message of several lines', async () => {
    const engine = fakeEngine();
    await chat(['"""first\r', '/exit is no command here\r', 'last"""\r', '"""alone"""\r'], engine);
    expect(engine.asked.map(({ messages }) => messages!.at(-1)!.content)).toEqual(['first\n/exit is no command here\nlast', 'alone']);
  });

  it('stops an answer at Ctrl-C, and leaves at the second one at the prompt', async () => {
    const engine = fakeEngine({
      async *answers(_request, { signal }) {
        yield { type: 'text', token: 'Once upon' };
        await new Promise((_resolve, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)));
      },
    });
    const { exitCode, out, err } = await chat(['Tell me\r', '\u0003', '\u0003', '\u0003'], engine);
    expect(exitCode).toBe(0);
    expect(out).toContain('Once upon');
    expect(err).toContain('(stopped; this message is not part of the conversation)');
    expect(err).toContain('(Ctrl-C again or Ctrl-D leaves)');
  });

  it('refuses a model that gives no text', async () => {
    const engine = fakeEngine();
    const description = await engine.describe(installedName);
    const vectors = fakeEngine({ describe: async () => ({ ...description, capabilities: { ...description.capabilities, outputModalities: ['embedding'] } }) });
    expect(await chat([], vectors)).toMatchObject({ exitCode: 2, err: expect.stringContaining('no model to chat with: it gives embedding') });
  });

  it('has no JSON form', async () => {
    expect(await runFake(['run', installedName, '--json'], { isTerminal: true })).toMatchObject({ exitCode: 2, out: expect.stringContaining('A chat has no JSON form.') });
  });
});
