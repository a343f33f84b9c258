/** How far a download has come. Bytes that were there already count as done, not as fast. */
export interface DownloadProgress {
  file: string; // the one that moved
  fileBytes: number;
  fileTotalBytes: number;
  fileBytesPerSecond: number;
  fileSecondsLeft?: number;
  bytes: number;
  totalBytes: number;
  bytesPerSecond: number; // over the last seconds
  secondsLeft?: number; // unknown during the first second, and while nothing moves
}

const reportEveryMs = 100;
const slotMs = 250;
const windowMs = 10_000;
const settleMs = 1_000; // a speed measured over less says nothing about the time left

/** Adds up the bytes of several files and reports at most ten times a second, and the end of each file. */
export class ProgressMeter {
  readonly #files = new Map<string, { bytes: number; total: number; speed: Speed }>();
  readonly #speed = new Speed();
  #lastReport = 0;

  constructor(
    files: readonly { path: string; sizeBytes: number }[],
    private readonly report: ((event: DownloadProgress) => void) | undefined,
    private readonly now: () => number = () => performance.now(),
  ) {
    for (const { path, sizeBytes } of files) this.#files.set(path, { bytes: 0, total: sizeBytes, speed: new Speed() });
  }

  /** `bytes` of a file are there; `fetched` of them just came over the network. */
  set(path: string, bytes: number, fetched = 0): void {
    const file = this.#files.get(path)!;
    const now = this.now();
    file.bytes = bytes;
    file.speed.add(now, fetched);
    this.#speed.add(now, fetched);
    if (bytes < file.total && now - this.#lastReport < reportEveryMs) return;
    this.#lastReport = now;
    this.report?.(this.#event(path, now));
  }

  #event(path: string, now: number): DownloadProgress {
    let [bytes, totalBytes] = [0, 0];
    for (const file of this.#files.values()) {
      bytes += file.bytes;
      totalBytes += file.total;
    }
    const file = this.#files.get(path)!;
    return {
      file: path,
      fileBytes: file.bytes,
      fileTotalBytes: file.total,
      fileBytesPerSecond: file.speed.bytesPerSecond(now),
      fileSecondsLeft: file.speed.secondsFor(file.total - file.bytes, now),
      bytes,
      totalBytes,
      bytesPerSecond: this.#speed.bytesPerSecond(now),
      secondsLeft: this.#speed.secondsFor(totalBytes - bytes, now),
    };
  }
}

/** Bytes per second over the last ten seconds, counted in quarters of a second. */
class Speed {
  readonly #slots: { at: number; bytes: number }[] = [];
  #startedAt: number | undefined;

  add(now: number, bytes: number): void {
    if (bytes === 0) return;
    this.#startedAt ??= now;
    const last = this.#slots.at(-1);
    if (last && now - last.at < slotMs) last.bytes += bytes;
    else this.#slots.push({ at: now, bytes });
  }

  bytesPerSecond(now: number): number {
    if (this.#startedAt === undefined) return 0;
    while (this.#slots.length > 0 && now - this.#slots[0]!.at > windowMs) this.#slots.shift();
    const elapsedMs = Math.min(windowMs, Math.max(settleMs, now - this.#startedAt));
    return Math.round((this.#slots.reduce((sum, { bytes }) => sum + bytes, 0) * 1000) / elapsedMs);
  }

  secondsFor(bytes: number, now: number): number | undefined {
    if (bytes === 0) return 0;
    const speed = this.bytesPerSecond(now);
    const settled = this.#startedAt !== undefined && now - this.#startedAt >= settleMs;
    return settled && speed > 0 ? Math.ceil(bytes / speed) : undefined;
  }
}
