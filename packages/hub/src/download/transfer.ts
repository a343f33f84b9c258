import type { Hash } from 'node:crypto';
import type { Part, RemoteFile } from '../http/remote-file.js';
import { release } from '../http/response-body.js';
import { inParallel } from '../in-parallel.js';
import { ByteRanges } from './byte-ranges.js';
import type { Connections } from './connections.js';
import { longestStepBytes, type PartialFile, type Run } from './partial-file.js';
import { sampledSum } from './sampled-sum.js';

const smallestPartBytes = 4 << 20;
const largestPartBytes = 64 << 20; // more only for a connection that brings it within
const largestPartMs = 4000; // so that the pause between two requests does not count
const quickBytesPerMs = 200_000; // a connection that brings this much needs no help, which would only cost processor time
const writeBytes = 256 * 1024; // worth a write of their own
const gatherMs = 20; // the longest that bytes wait for others to be written with
const judgedAfterMs = 100; // of its first bytes: before, its speed says little

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

interface HeldBatch {
  position: number;
  chunks: readonly Buffer[];
}

class Transfer {
  readonly #claimed: ByteRanges; // present, or on their way
  #fetchers = 0;
  #hashed = 0; // bytes that the hash has had
  #isReading = false; // the hash is being fed from the file
  readonly #held = new Map<number, readonly Buffer[]>(); // by position: what is in memory, on its way into the file
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
          .finally(() => this.#fetchers === 0 && done());
      };
      hire();
    });
    if (failure) throw failure.error;
  }

  async #fetchParts(signal: AbortSignal, hire: () => void): Promise<void> {
    try {
      let bytesPerMs = 0;
      for (let part; (part = this.#nextPart(bytesPerMs)) !== undefined; ) {
        bytesPerMs = await this.#fetch(part, signal, hire);
        if (this.#fetchers > 1 && bytesPerMs > quickBytesPerMs / 2) return; // the other does it alone
      }
    } finally {
      this.#fetchers--; // at once, so that never the last one leaves
    }
  }

  /** The next part for a connection that brought so much. */
  #nextPart(bytesPerMs: number): Part | undefined {
    const { sizeBytes } = this.file;
    const gap = this.#claimed.firstGap(0, sizeBytes);
    if (gap === undefined) return undefined;
    const share = bytesPerMs > quickBytesPerMs / 2 ? 1 : this.options.connections.share;
    const fair = (sizeBytes - this.#claimed.bytes) / (share === 1 ? 1 : 2 * share); // smaller towards the end, so that all end together
    const most = Math.max(largestPartBytes, bytesPerMs * largestPartMs);
    const bytes = Math.ceil(Math.min(most, Math.max(smallestPartBytes, fair)));
    const to = gap.to - gap.from < bytes + smallestPartBytes ? gap.to : gap.from + bytes;
    const part = { from: gap.from, to, takesRest: true };
    this.#claimed.add(part.from, part.to);
    return part;
  }

  /** Resolves with the bytes per millisecond that came. */
  async #fetch(part: Part, signal: AbortSignal, hire?: () => void): Promise<number> {
    const { connections } = this.options;
    using _connection = await connections.take();
    const run = this.file.run(part.from);
    let started: number | undefined;
    let position = part.from;
    let batches: HeldBatch[] = [];
    let writtenAt = 0;
    let writing = Promise.resolve();
    const write = async () => {
      await writing;
      writing = this.#write(run, batches); // goes on while more comes and is hashed
      writing.catch(() => undefined); // thrown by the next await
      [batches, writtenAt] = [[], performance.now()];
    };
    try {
      for await (const chunks of this.remote.batches(part, signal)) {
        this.#claimed.add(part.from, part.to); // a server without ranges has sent the rest too
        const now = performance.now();
        const elapsedMs = now - (started ??= now);
        if (elapsedMs >= judgedAfterMs && this.remote.acceptsRanges && this.#needsHelp((position - part.from) / elapsedMs)) hire?.();
        const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
        await connections.spend(bytes, signal);
        this.#held.set(position, chunks);
        this.#hashHeld();
        batches.push({ position, chunks });
        position += bytes;
        if (position - batches[0]!.position >= writeBytes || now - writtenAt >= gatherMs) await write();
      }
      await write();
      await writing;
      await run.end();
      return (position - part.from) / (performance.now() - (started ?? 0));
    } catch (error) {
      await write().catch(() => undefined); // what has come is kept where that is possible; the first failure counts
      await writing.catch(() => undefined);
      await run.end().catch(() => undefined);
      throw error;
    }
  }

  async #write(run: Run, batches: readonly HeldBatch[]): Promise<void> {
    if (batches.length === 0) return;
    await run.write(batches.flatMap(({ chunks }) => chunks));
    for (const { position, chunks } of batches) {
      this.#held.delete(position);
      release(chunks);
    }
    this.#wake();
    this.options.onBytes(this.file.present.bytes, run.position - batches[0]!.position);
  }

  #needsHelp(bytesPerMs: number): boolean {
    const { share } = this.options.connections;
    return bytesPerMs < quickBytesPerMs && this.#fetchers < share && this.#claimed.firstGap(0, this.file.sizeBytes) !== undefined;
  }

  /** Feeds the hash from memory with the batches that it waits for. */
  #hashHeld(): void {
    if (this.#isReading) return;
    for (let batch; (batch = this.#held.get(this.#hashed)) !== undefined; ) {
      for (const chunk of batch) {
        this.hash.update(chunk);
        this.#hashed += chunk.length;
      }
    }
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
      if (step.sum !== undefined && sampledSum(bytes, step.from) !== step.sum) {
        file.forget(step);
        await this.#fetch({ from: step.from, to: step.to }, signal);
        continue;
      }
      hash.update(bytes);
      this.#hashed = step.to;
      this.#hashHeld();
    }
  }
}
