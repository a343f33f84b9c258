import { constants, type Stats } from 'node:fs';
import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { ByteRanges, type ByteRange } from './byte-ranges.js';
import { sampledSum } from './sampled-sum.js';

const recordMs = 250; // bytes are written down when they are this old, or that many: a killed program loses no more
const recordBytes = (sizeBytes: number) => Math.min(512 * 1024, Math.max(16 * 1024, sizeBytes / 2048)); // keeps the journal short
/** No record is longer, and no step of reading. */
export const longestStepBytes = 1 << 20;
const blockBytes = 512; // unit of stat, whatever the file system's own is
const smallestJournaledBytes = 1 << 20; // a smaller file is not worth going on with

interface PartRecord extends ByteRange {
  sum: number; // sampledSum of the bytes
}

/** Path of the notes beside a partial file, one line for each run of bytes that is in it: `from to sum`. */
export const journalPath = (path: string) => `${path}.parts`;

/**
 * A file on its way: its parts arrive in any order, each at its place. A journal beside it says which are there, so that a later run
 * fetches only what is missing, whenever this one ended. After a power cut the journal may know of bytes that the disk never got;
 * their checksums tell.
 */
export class PartialFile implements AsyncDisposable {
  readonly present = new ByteRanges();
  readonly #left: PartRecord[]; // by earlier runs, in order, not yet compared with their checksums
  #lines: string[] = [];
  #writing: Promise<void> | undefined;
  #journal: FileHandle | undefined;

  private constructor(
    readonly path: string,
    readonly sizeBytes: number,
    private readonly file: FileHandle,
    left: PartRecord[],
  ) {
    for (const { from, to } of left) this.present.add(from, to);
    this.#left = left;
  }

  static async open(path: string, sizeBytes: number): Promise<PartialFile> {
    const file = await openHere(path, constants.O_RDWR | constants.O_CREAT);
    const { size } = await file.stat();
    return new PartialFile(path, sizeBytes, file, size > sizeBytes ? [] : await readJournal(path, size));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing?.catch(() => undefined); // its failure has been thrown by record()
    await this.#journal?.close();
    await this.file.close();
  }

  /** A writer of one run of bytes that starts at `from`; runs do not overlap. */
  run(from: number): Run {
    return new Run(this, from);
  }

  async write(position: number, chunks: readonly Uint8Array[]): Promise<void> {
    let at = position;
    for (let rest = chunks; rest.length > 0; ) {
      const { bytesWritten } = await this.file.writev(rest, at);
      at += bytesWritten;
      rest = without(rest, bytesWritten);
    }
    this.present.add(position, at);
  }

  /** Writes a run down. Many are written at once when they come faster than the disk takes them. */
  async record(from: number, to: number, sum: number): Promise<void> {
    if (this.sizeBytes < smallestJournaledBytes || from >= to) return;
    this.#lines.push(`${from} ${to} ${sum.toString(16)}\n`);
    await (this.#writing ??= this.#writeLines());
  }

  async #writeLines(): Promise<void> {
    try {
      this.#journal ??= await openHere(journalPath(this.path), constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND);
      while (this.#lines.length > 0) {
        const text = this.#lines.join('');
        this.#lines = [];
        await this.#journal.appendFile(text);
      }
    } finally {
      this.#writing = undefined;
    }
  }

  /**
   * How far to read in one go from `position`, where bytes are up to `end`: to the next record of an earlier run, or over one.
   * Called with growing positions.
   */
  stepFrom(position: number, end: number): ByteRange & { sum?: number } {
    while (this.#left.length > 0 && this.#left[0]!.from < position) this.#left.shift();
    const next = this.#left[0];
    return next?.from === position ? next : { from: position, to: Math.min(end, next?.from ?? end, position + longestStepBytes) };
  }

  /** Takes a record out again whose bytes the disk did not keep: the one that `stepFrom` gave last. */
  forget({ from, to }: ByteRange): void {
    this.present.remove(from, to);
    this.#left.shift();
  }

  async read(buffer: Uint8Array, position: number): Promise<void> {
    for (let filled = 0; filled < buffer.length; ) {
      const { bytesRead } = await this.file.read(buffer, filled, buffer.length - filled, position + filled);
      if (bytesRead === 0) throw new Error(`${this.path} was cut by another program.`);
      filled += bytesRead;
    }
  }

  /**
   * Gives the file its place. The system writes it to the disk when it likes (waiting for that takes longer than curl takes for all of
   * a download); what a power cut then loses is seen by `hasHoles`.
   */
  async publish(place: string): Promise<void> {
    await this.file.truncate(this.sizeBytes); // an earlier run may have left more
    await rename(this.path, place);
    await rm(journalPath(this.path), { force: true });
  }
}

/** Bytes of one connection on their way into the file. */
export class Run {
  readonly #recordBytes: number;
  #recorded: number;
  #recordedAt = performance.now();
  #sum = 0;

  constructor(
    private readonly file: PartialFile,
    public position: number,
  ) {
    this.#recorded = position;
    this.#recordBytes = recordBytes(file.sizeBytes);
  }

  async write(chunks: readonly Buffer[]): Promise<void> {
    await this.file.write(this.position, chunks);
    for (const chunk of chunks) {
      this.#sum = sampledSum(chunk, this.position, this.#sum);
      this.position += chunk.length;
    }
    if (this.position - this.#recorded >= this.#recordBytes || performance.now() - this.#recordedAt >= recordMs) await this.end();
  }

  /** Writes down what is not yet. */
  async end(): Promise<void> {
    const [from, sum] = [this.#recorded, this.#sum];
    [this.#recorded, this.#sum, this.#recordedAt] = [this.position, 0, performance.now()];
    await this.file.record(from, this.position, sum);
  }
}

/**
 * True for a file of which the disk has fewer bytes than its size says: what a system leaves that lost power before it had written
 * all, and what a file system that compresses has always.
 */
export function hasHoles({ size, blocks }: Stats): boolean {
  return blocks * blockBytes < size;
}

/** Bytes of the file that the disk has, without those of its holes. */
export async function bytesOnDisk(path: string): Promise<number> {
  return ((await stat(path).catch(() => undefined))?.blocks ?? 0) * blockBytes;
}

/** Bytes of the file that an earlier run has left. */
export async function bytesLeft(path: string, sizeBytes: number): Promise<number> {
  return (await readJournal(path, sizeBytes)).reduce((sum, { from, to }) => sum + to - from, 0);
}

/** Removes a partial file and its journal. */
export async function removePartial(path: string): Promise<void> {
  await rm(journalPath(path), { force: true });
  await rm(path, { force: true });
}

/** The records of earlier runs in order of their place; where two overlap the newer one counts. */
async function readJournal(path: string, sizeBytes: number): Promise<PartRecord[]> {
  const text = await readText(journalPath(path));
  const taken = new ByteRanges();
  const records: PartRecord[] = [];
  for (const line of text.split('\n').slice(0, -1).reverse()) { // the last one is empty, or half a line
    const [, start, end, sum] = /^(\d+) (\d+) ([0-9a-f]{1,8})$/.exec(line) ?? [];
    if (sum === undefined) continue;
    const [from, to] = [Number(start), Number(end)];
    if (from >= to || to > sizeBytes || to - from > longestStepBytes) continue;
    const gap = taken.firstGap(from, to);
    if (gap?.from !== from || gap.to !== to) continue;
    taken.add(from, to);
    records.push({ from, to, sum: Number.parseInt(sum, 16) });
  }
  return records.sort((left, right) => left.from - right.from);
}

async function readText(path: string): Promise<string> {
  try {
    await using file = await openHere(path, constants.O_RDONLY);
    return await file.readFile('utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** Opens a file that lies here: a symbolic link in its place, which might lead anywhere, is removed. */
async function openHere(path: string, flags: number): Promise<FileHandle> {
  try {
    return await open(path, flags | (constants.O_NOFOLLOW ?? 0), 0o644); // Windows knows no such flag
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ELOOP') throw error;
    await rm(path, { force: true });
    return openHere(path, flags);
  }
}

function without(chunks: readonly Uint8Array[], written: number): readonly Uint8Array[] {
  let index = 0;
  while (index < chunks.length && written >= chunks[index]!.length) written -= chunks[index++]!.length;
  return written === 0 ? chunks.slice(index) : [chunks[index]!.subarray(written), ...chunks.slice(index + 1)];
}
