import { expect, it } from 'vitest';
import { ProgressMeter, type DownloadProgress } from './progress.js';

/** A meter over two files of 100 MB each, with a clock that the test moves. */
function meter() {
  const events: DownloadProgress[] = [];
  let now = 0;
  const files = ['a', 'b'].map((path) => ({ path, sizeBytes: 100e6 }));
  const progress = new ProgressMeter(files, (event) => events.push(event), () => now);
  return { events, progress, at: (ms: number) => (now = ms) };
}

it('says no time left before the speed has settled, then a steady one', () => {
  const { events, progress, at } = meter();
  for (let ms = 100; ms <= 8000; ms += 100) {
    at(ms);
    progress.set('a', ms * 1e4, 1e6); // 10 MB/s, 1 MB at a time
  }
  expect(events.filter((event) => event.bytes <= 10e6).every((event) => event.secondsLeft === undefined)).toBe(true);
  const told = events.filter((event) => event.secondsLeft !== undefined);
  expect(told.length).toBeGreaterThan(60);
  for (const event of told) {
    const honest = (event.totalBytes - event.bytes) / 10e6;
    expect(Math.abs(event.secondsLeft! - honest)).toBeLessThanOrEqual(2.5);
    expect(Math.abs(event.fileSecondsLeft! - (event.fileTotalBytes - event.fileBytes) / 10e6)).toBeLessThanOrEqual(2.5);
  }
});

it('does not jump at a burst at the start, and counts what an earlier run left as done, not as fast', () => {
  const { events, progress, at } = meter();
  at(1000);
  progress.set('a', 60e6, 0);
  at(1100);
  progress.set('a', 70e6, 10e6);
  at(2200);
  progress.set('a', 71e6, 1e6);
  expect(events.map((event) => event.bytes)).toEqual([60e6, 70e6, 71e6]);
  expect(events[0]).toMatchObject({ bytesPerSecond: 0, secondsLeft: undefined });
  expect(events[1]).toMatchObject({ bytesPerSecond: 10e6, secondsLeft: undefined });
  expect(events[2]).toMatchObject({ bytesPerSecond: 10e6, fileBytesPerSecond: 10e6, secondsLeft: 13, fileSecondsLeft: 3 });
});

it('reports at most ten times a second, and every end', () => {
  const { events, progress, at } = meter();
  for (let ms = 1000; ms < 2000; ms += 10) {
    at(ms);
    progress.set('a', ms * 1e4, 1e5);
  }
  expect(events.length).toBe(10);
  progress.set('a', 100e6, 1);
  progress.set('b', 100e6, 1);
  expect(events.slice(-2)).toMatchObject([{ file: 'a', fileSecondsLeft: 0 }, { file: 'b', secondsLeft: 0, bytes: 200e6 }]);
});

it('forgets the speed of a connection that has gone silent', () => {
  const { events, progress, at } = meter();
  for (const ms of [100, 5000]) {
    at(ms);
    progress.set('a', ms * 1e3, 1e6);
  }
  at(30_000);
  progress.set('a', 5e6, 0);
  expect(events.at(-1)).toMatchObject({ bytesPerSecond: 0, secondsLeft: undefined });
});
