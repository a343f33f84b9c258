import type { RemoteFile } from '../http/remote-file.js';

const smallestPieceBytes = 1 << 20;
const largestPieceBytes = 8 << 20;
const quickPieceMs = 500; // a piece that takes less is too small for the connection
const slowPieceMs = 2_000; // one that takes more would be lost work if the program were killed

/**
 * The bytes from `from` to the end of a file, in order, fetched by several range requests at the same time.
 *
 * Each piece is buffered until it is its turn, so at most `connections` x 8 MiB are held; pieces grow and shrink so that each takes
 * about a second. Because the bytes come out in order, the length of the file on disk is all the state that a later run needs to go
 * on, and the hash is computed on the way.
 */
export async function* orderedStream(file: RemoteFile, from: number, connections: number, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const { sizeBytes } = file.facts;
  if (connections <= 1 || sizeBytes - from <= 2 * smallestPieceBytes) {
    yield* file.stream(from, sizeBytes, signal);
    return;
  }
  const stop = new AbortController();
  const both = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const ahead: ReadAhead[] = [];
  let [next, pieceBytes] = [from, smallestPieceBytes];
  const startPiece = () => {
    const end = Math.min(sizeBytes, next + pieceBytes);
    ahead.push(new ReadAhead(file.stream(next, end, both)));
    next = end;
  };
  try {
    startPiece();
    await ahead[0]!.firstBytes(); // shows whether the server knows ranges at all
    while (ahead.length > 0) {
      while (file.acceptsRanges && ahead.length < connections && next < sizeBytes) startPiece();
      yield* ahead[0]!.chunks();
      const { tookMs } = ahead.shift()!;
      if (tookMs < quickPieceMs) pieceBytes = Math.min(largestPieceBytes, pieceBytes * 2);
      if (tookMs > slowPieceMs) pieceBytes = Math.max(smallestPieceBytes, pieceBytes / 2);
    }
    if (next < sizeBytes) yield* file.stream(next, sizeBytes, both);
  } finally {
    stop.abort();
    await Promise.all(ahead.map((piece) => piece.ended));
  }
}

/** Reads a stream as fast as it comes, and gives it out when asked. */
class ReadAhead {
  readonly ended: Promise<void>;
  /** How long the piece was on its way; known when it has ended. */
  tookMs = 0;
  readonly #waiting: Uint8Array[] = [];
  #finished = false;
  #failure: { error: unknown } | undefined;
  #wake: () => void = () => undefined;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.ended = this.#fill(source);
  }

  async #fill(source: AsyncIterable<Uint8Array>): Promise<void> {
    const started = performance.now();
    try {
      for await (const chunk of source) {
        this.#waiting.push(chunk);
        this.#wake();
      }
    } catch (error) {
      this.#failure = { error };
    }
    this.tookMs = performance.now() - started;
    this.#finished = true;
    this.#wake();
  }

  /** Resolves when there is something to give out, or nothing more to come. */
  async firstBytes(): Promise<void> {
    while (this.#waiting.length === 0 && !this.#finished) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    for (;;) {
      await this.firstBytes();
      const chunk = this.#waiting.shift();
      if (chunk) yield chunk;
      else if (this.#failure) throw this.#failure.error;
      else return;
    }
  }
}
