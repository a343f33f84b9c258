/** How far a download has come. Bytes that were there already count as done, not as fast. */
export interface DownloadProgress {
  file: string; // the one that moved
  fileBytes: number;
  fileTotalBytes: number;
  bytes: number;
  totalBytes: number;
  bytesPerSecond: number; // over the last seconds
  secondsLeft?: number; // unknown while nothing moves
}

const reportEveryMs = 100;
const windowMs = 5_000;

/** Adds up the bytes of several files and reports at most ten times a second, and the end of each file. */
export class ProgressMeter {
  readonly #files = new Map<string, { bytes: number; total: number }>();
  readonly #fetched: { at: number; bytes: number }[] = [];
  #lastReport = 0;

  constructor(
    files: readonly { path: string; sizeBytes: number }[],
    private readonly report: ((event: DownloadProgress) => void) | undefined,
  ) {
    for (const { path, sizeBytes } of files) this.#files.set(path, { bytes: 0, total: sizeBytes });
  }

  /** `bytes` of a file are there; `fetched` of them just came over the network. */
  set(path: string, bytes: number, fetched = 0): void {
    const file = this.#files.get(path)!;
    file.bytes = bytes;
    const now = Date.now();
    if (fetched > 0) this.#fetched.push({ at: now, bytes: fetched });
    if (bytes < file.total && now - this.#lastReport < reportEveryMs) return;
    this.#lastReport = now;
    this.report?.(this.#event(path, now));
  }

  #event(path: string, now: number): DownloadProgress {
    const oldest = now - windowMs;
    while (this.#fetched.length > 0 && this.#fetched[0]!.at < oldest) this.#fetched.shift();
    const seconds = Math.max(0.1, (now - (this.#fetched[0]?.at ?? now)) / 1000);
    const bytesPerSecond = Math.round(this.#fetched.reduce((sum, { bytes }) => sum + bytes, 0) / seconds);
    let [bytes, totalBytes] = [0, 0];
    for (const file of this.#files.values()) {
      bytes += file.bytes;
      totalBytes += file.total;
    }
    const file = this.#files.get(path)!;
    const secondsLeft = bytesPerSecond > 0 ? Math.ceil((totalBytes - bytes) / bytesPerSecond) : bytes === totalBytes ? 0 : undefined;
    return { file: path, fileBytes: file.bytes, fileTotalBytes: file.total, bytes, totalBytes, bytesPerSecond, secondsLeft };
  }
}
