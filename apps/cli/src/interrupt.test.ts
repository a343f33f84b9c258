import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { fakeTerminal } from '../test/support/fake-terminal.js';
import { onInterrupt, withInterrupt } from './interrupt.js';

let now = 0;
beforeEach(() => {
  now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => vi.restoreAllMocks());

const terminal = () => fakeTerminal({ cwd: '/', homeDirectory: '/' });

it('stops in order first, and at once when asked again', () => {
  const shown = terminal();
  const stop = vi.fn();
  onInterrupt(shown, stop);
  shown.interrupt();
  expect([stop.mock.calls.length, shown.exits]).toEqual([1, []]);
  now = 1000;
  shown.interrupt();
  expect([stop.mock.calls.length, shown.exits]).toEqual([1, [130]]);
});

it('takes the Ctrl-C that npm passes on for the same one', () => {
  const shown = terminal();
  onInterrupt(shown, () => {});
  shown.interrupt();
  now = 5;
  shown.interrupt();
  expect(shown.exits).toEqual([]);
});

it('tells of the interruption, whatever the work made of it', async () => {
  const shown = terminal();
  const work = withInterrupt(shown, (signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('socket closed')))), 'Run it again.');
  shown.interrupt();
  await expect(work).rejects.toMatchObject({ code: 'CANCELLED', hint: 'Run it again.', exitCode: 130 });
});

it('leaves the error of work that was not interrupted as it is, and listens no longer', async () => {
  const shown = terminal();
  await expect(withInterrupt(shown, () => Promise.reject(new Error('other')))).rejects.toThrow('other');
  now = 1000;
  shown.interrupt();
  shown.interrupt();
  expect(shown.exits).toEqual([]);
});
