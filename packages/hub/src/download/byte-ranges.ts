export interface ByteRange {
  from: number;
  to: number; // exclusive
}

/** A set of bytes of a file: ranges in order that neither overlap nor touch. */
export class ByteRanges {
  #ranges: ByteRange[];

  constructor(ranges?: ByteRanges) {
    this.#ranges = ranges === undefined ? [] : ranges.#ranges.slice();
  }

  get bytes(): number {
    return this.#ranges.reduce((sum, { from, to }) => sum + to - from, 0);
  }

  add(from: number, to: number): void {
    if (from >= to) return;
    const first = this.#firstEndingAtOrAfter(from);
    let after = first;
    for (let range; (range = this.#ranges[after]) !== undefined && range.from <= to; after++) {
      from = Math.min(from, range.from);
      to = Math.max(to, range.to);
    }
    this.#ranges.splice(first, after - first, { from, to });
  }

  remove(from: number, to: number): void {
    this.#ranges = this.#ranges.flatMap((range) => {
      if (range.to <= from || range.from >= to) return [range];
      return [{ from: range.from, to: Math.min(range.to, from) }, { from: Math.max(range.from, to), to: range.to }].filter((rest) => rest.from < rest.to);
    });
  }

  /** Where the bytes that begin at `position` end; `position` itself when it is not in the set. */
  endFrom(position: number): number {
    const range = this.#ranges[this.#firstEndingAtOrAfter(position + 1)];
    return range !== undefined && range.from <= position ? range.to : position;
  }

  /** The first bytes in [from, to) that are not in the set. */
  firstGap(from: number, to: number): ByteRange | undefined {
    const start = this.endFrom(from);
    if (start >= to) return undefined;
    const next = this.#ranges[this.#firstEndingAtOrAfter(start + 1)];
    return { from: start, to: Math.min(to, next?.from ?? to) };
  }

  #firstEndingAtOrAfter(position: number): number {
    let [low, high] = [0, this.#ranges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ranges[middle]!.to < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
