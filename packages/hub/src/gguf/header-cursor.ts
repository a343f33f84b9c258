/** The header goes on beyond the bytes that were read. */
export class NeedMoreBytes extends Error {
  constructor(readonly upTo: number) {
    super('the header is longer than what was read');
  }
}

/** The header contradicts itself or the file. */
export class HeaderFault extends Error {}

/** Reads little-endian values one after the other from the first bytes of a file of `fileBytes`. */
export class HeaderCursor {
  position = 0;
  readonly #view: DataView;
  readonly #decoder = new TextDecoder('utf-8');

  constructor(
    private readonly bytes: Uint8Array,
    private readonly fileBytes: number,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Where `count` bytes start that are now passed. */
  take(count: number): number {
    const start = this.position;
    const end = start + count;
    if (!(count >= 0) || end > this.fileBytes) throw new HeaderFault('its header goes beyond the end of the file');
    if (end > this.bytes.length) throw new NeedMoreBytes(end);
    this.position = end;
    return start;
  }

  /** A count or length: at least `bytesEach` bytes must follow for each, so a huge one is refused before anything is reserved. */
  count(bytesEach: number, what: string): number {
    const value = this.#view.getBigUint64(this.take(8), true);
    if (value * BigInt(bytesEach) > BigInt(this.fileBytes - this.position)) throw new HeaderFault(`${what} (${value}) is more than the file can hold`);
    return Number(value);
  }

  string(what: string): string {
    const length = this.count(1, `the length of ${what}`);
    const start = this.take(length);
    return this.#decoder.decode(this.bytes.subarray(start, start + length));
  }

  skipString(what: string): void {
    this.take(this.count(1, `the length of ${what}`));
  }

  uint32(): number {
    return this.#view.getUint32(this.take(4), true);
  }

  uint64(): bigint {
    return this.#view.getBigUint64(this.take(8), true);
  }

  /** One number or truth value of a GGUF metadata type; see `scalarBytes`. */
  scalar(type: number): number | boolean | string {
    const at = this.take(scalarBytes[type]!);
    switch (type) {
      case 0:
        return this.#view.getUint8(at);
      case 1:
        return this.#view.getInt8(at);
      case 2:
        return this.#view.getUint16(at, true);
      case 3:
        return this.#view.getInt16(at, true);
      case 4:
        return this.#view.getUint32(at, true);
      case 5:
        return this.#view.getInt32(at, true);
      case 6:
        return plainNumber(this.#view.getFloat32(at, true));
      case 7:
        return this.#view.getUint8(at) !== 0;
      case 10:
        return plainInteger(this.#view.getBigUint64(at, true));
      case 11:
        return plainInteger(this.#view.getBigInt64(at, true));
      default:
        return plainNumber(this.#view.getFloat64(at, true));
    }
  }
}

/** Bytes of a metadata value by its type number; strings (8) and arrays (9) have none of their own. */
export const scalarBytes: Record<number, number> = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 };

/** The facts are kept as JSON, which knows no Infinity and no integers beyond 2^53: those become text. */
const plainNumber = (value: number) => (Number.isFinite(value) ? value : String(value));
const plainInteger = (value: bigint) => (value >= -(2n ** 53n) && value <= 2n ** 53n ? Number(value) : value.toString());
