import type { Hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Part, RemoteFile } from '../http/remote-file.js';
import { release } from '../http/response-body.js';
import { inParallel } from '../in-parallel.js';
import { ByteRanges } from './byte-ranges.js';
import type { Connections } from './connections.js';
import { longestStepBytes, type PartialFile } from './partial-file.js';

const smallestPartBytes = 4 << 20;
const largestPartBytes = 64 << 20;
const quickBytesPerMs = 50_000; // a connection that brings this much needs
const fetchersOfQuick = 2; // one beside it; more would only cost processor time

export interface TransferOptions {
  connections: Connections;
  signal: AbortSignal;
  /** `bytes` of the file are there, `fetched` of them new. */
  onBytes: (bytes: number, fetched: number) => void;
}

/**
 * Completes a partial file from the hub, over several connections at the same time, and feeds `hash` with the whole content.
 *
 * Parts are written where they belong as they come, so no more than a write of each connection is held in memory. The hash follows
 * behind and reads from the file (as a rule out of the system's cache): it proves what was written, by this run or an earlier one.
 */
export async function completeFile(remote: RemoteFile, file: PartialFile, hash: Hash, options: TransferOptions): Promise<void> {
  const transfer = new Transfer(remote, file, hash, options);
  const sides = [(signal: AbortSignal) => transfer.fetchMissing(signal), (signal: AbortSignal) => transfer.feedRest(signal)];
  await inParallel(sides, sides.length, (side, signal) => side(signal), options.signal);
}

class Transfer {
  readonly #claimed: ByteRanges; // present, or on their way
  #fetchers = 0;
  #hashed = 0; // bytes that the hash has had
  #isReading = false; // the hash is being fed from the file
  #wake: () => void = () => undefined;

  constructor(
    private readonly remote: RemoteFile,
    private readonly file: PartialFile,
    private readonly hash: Hash,
    private readonly options: TransferOptions,
  ) {
    this.#claimed = new ByteRanges(file.present);
    if (file.present.bytes > 0) options.onBytes(file.present.bytes, 0);
  }

  /** Fetches every missing part. The first fetcher finds out whether the server knows ranges; then others help, as many as there are connections for. */
  async fetchMissing(signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const both = AbortSignal.any([signal, stop.signal]);
    let failure: { error: unknown } | undefined;
    await new Promise<void>((done) => {
      const hire = () => {
        this.#fetchers++;
        void this.#fetchParts(both, hire)
          .catch((error: unknown) => {
            failure ??= { error };
            stop.abort(error);
          })
          .finally(() => --this.#fetchers === 0 && done());
      };
      hire();
    });
    if (failure) throw failure.error;
  }

  async #fetchParts(signal: AbortSignal, hire: () => void): Promise<void> {
    for (let part; (part = this.#nextPart()) !== undefined; ) await this.#fetch(part, signal, hire);
  }

  #nextPart(): Part | undefined {
    const { sizeBytes } = this.file;
    const gap = this.#claimed.firstGap(0, sizeBytes);
    if (gap === undefined) return undefined;
    const { share } = this.options.connections;
    const fair = (sizeBytes - this.#claimed.bytes) / (share === 1 ? 1 : 2 * share); // smaller towards the end, so that all end together
    const bytes = Math.ceil(Math.min(largestPartBytes, Math.max(smallestPartBytes, fair)));
    const to = gap.to - gap.from < bytes + smallestPartBytes ? gap.to : gap.from + bytes;
    const part = { from: gap.from, to, takesRest: true };
    this.#claimed.add(part.from, part.to);
    return part;
  }

  async #fetch(part: Part, signal: AbortSignal, hire?: () => void): Promise<void> {
    const { connections, onBytes } = this.options;
    using _connection = await connections.take();
    const run = this.file.run(part.from);
    const started = performance.now();
    try {
      for await (const batch of this.remote.batches(part, signal)) {
        this.#claimed.add(part.from, part.to); // a server without ranges has sent the rest too
        if (this.remote.acceptsRanges && this.#needsHelp((run.position - part.from) / (performance.now() - started))) hire?.();
        const bytes = batch.reduce((sum, chunk) => sum + chunk.length, 0);
        await connections.spend(bytes, signal);
        this.#hashNow(run.position, batch);
        await run.write(batch);
        release(batch);
        this.#wake();
        onBytes(this.file.present.bytes, bytes);
      }
      await run.end();
    } catch (error) {
      await run.end().catch(() => undefined); // what has come is kept where that is possible; the first failure counts
      throw error;
    }
  }

  #needsHelp(bytesPerMs: number): boolean {
    const { share } = this.options.connections;
    const fetchers = bytesPerMs > quickBytesPerMs ? Math.min(fetchersOfQuick, share) : share;
    return this.#fetchers < fetchers && this.#claimed.firstGap(0, this.file.sizeBytes) !== undefined;
  }

  /** Feeds the hash from memory when it waits for just these bytes. */
  #hashNow(position: number, batch: readonly Buffer[]): void {
    if (this.#isReading || position !== this.#hashed) return;
    for (const chunk of batch) this.hash.update(chunk);
    this.#hashed += batch.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  /** Feeds the hash from the file with what did not come in order, until it has had everything. */
  async feedRest(signal: AbortSignal): Promise<void> {
    const { file, hash } = this;
    const buffer = Buffer.allocUnsafeSlow(Math.min(longestStepBytes, file.sizeBytes));
    signal.addEventListener('abort', () => this.#wake(), { once: true });
    while (this.#hashed < file.sizeBytes) {
      signal.throwIfAborted();
      const position = this.#hashed;
      const end = file.present.endFrom(position);
      if (end === position) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
        continue;
      }
      this.#isReading = true;
      const step = file.stepFrom(position, end);
      const bytes = buffer.subarray(0, step.to - step.from);
      await file.read(bytes, position);
      this.#isReading = false;
      if (step.sum !== undefined && crc32(bytes) !== step.sum) {
        file.forget(step);
        await this.#fetch({ from: step.from, to: step.to }, signal);
        continue;
      }
      hash.update(bytes);
      this.#hashed = step.to;
    }
  }
}
