import { fork } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Watchdog } from './watchdog.js';
import { Inspector, inspectorFlags } from './where-it-is.js';

describe('a watchdog', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** A runner that answers pings while `isAwake`, and is where `place` says. */
  function watched() {
    const runner = { isAwake: true, place: undefined as string | undefined, pings: 0, stuck: [] as [string | undefined, number][] };
    const watchdog: Watchdog = new Watchdog(
      {
        ping: () => void (runner.pings++, runner.isAwake && watchdog.heard()),
        whereItIs: async () => runner.place,
        onStuck: (place, silentMs) => void (watchdog.stop(), runner.stuck.push([place, Math.round(silentMs)])),
      },
      { loopMs: 9000, nativeMs: 60_000 },
    );
    return { runner, watchdog };
  }

  it('asks only while there is something to do, and lets who answers work for ever', async () => {
    const { runner, watchdog } = watched();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(runner.pings).toBe(0);
    watchdog.start();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(runner).toMatchObject({ pings: 3600, stuck: [] });
    watchdog.stop();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(runner.pings).toBe(3600);
  });

  it('ends a loop of JavaScript once it was found there three times', async () => {
    const { runner, watchdog } = watched();
    Object.assign(runner, { isAwake: false, place: 'spin (handler.js:3)' });
    watchdog.start();
    await vi.advanceTimersByTimeAsync(7000);
    expect(runner.stuck).toEqual([]);
    await vi.advanceTimersByTimeAsync(2000);
    expect(runner.stuck).toEqual([['spin (handler.js:3)', 8000]]);
  });

  it('lets native code work much longer', async () => {
    const { runner, watchdog } = watched();
    runner.isAwake = false;
    watchdog.start();
    await vi.advanceTimersByTimeAsync(59_000);
    expect(runner.stuck).toEqual([]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(runner.stuck).toEqual([[undefined, 60_000]]);
  });

  it('takes JavaScript between two native calls for no loop', async () => {
    const { runner, watchdog } = watched();
    runner.isAwake = false;
    watchdog.start();
    for (let second = 0; second < 50; second++) {
      runner.place = second % 3 === 0 ? undefined : 'between (handler.js:9)';
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(runner.stuck).toEqual([]);
  });
});

describe('Inspector', () => {
  async function looping(script: string) {
    const child = fork('data:text/javascript,', [], { execArgv: [...inspectorFlags, '--input-type=module', '-e', `process.send('up'); setTimeout(() => {${script}}, 50);`], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const inspector = new Inspector(child.pid!, child.stderr!);
    await once(child, 'message');
    await new Promise((resolve) => setTimeout(resolve, 150));
    return inspector;
  }

  it('finds the function that a process loops in, again and again', async () => {
    const inspector = await looping('(function spin() { for (;;) Math.random(); })()');
    for (let look = 0; look < 3; look++) expect(await inspector.whereItIs(5000)).toMatch(/^spin \(.+:\d+\)$/);
  });

  it('finds nothing in native code', async () => {
    const inspector = await looping(`process.getBuiltinModule('node:crypto').pbkdf2Sync('a', 'b', 100_000_000, 64, 'sha512')`);
    expect(await inspector.whereItIs(500)).toBeUndefined();
  });
});
