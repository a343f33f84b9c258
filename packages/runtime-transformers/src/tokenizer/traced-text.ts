/** A stretch of a text with what it becomes. Positions are UTF-16 units of the text as it is. */
export interface Rewrite {
  start: number;
  end: number;
  text: string;
}

/** A text that was changed, and knows for each of its UTF-16 units which units of the original it comes from. */
export class TracedText {
  private constructor(
    readonly text: string,
    private readonly starts: Int32Array,
    private readonly ends: Int32Array,
  ) {}

  /** `text` as it was given; `offset` is where it lies in the original. */
  static of(text: string, offset = 0): TracedText {
    const starts = Int32Array.from({ length: text.length }, (_, index) => offset + index);
    return new TracedText(text, starts, starts.map((start) => start + 1));
  }

  get length(): number {
    return this.text.length;
  }

  /** Where units from `start` to before `end` come from: `[start, end)` of the original. */
  range(start = 0, end = this.length): [number, number] {
    let from = Infinity;
    let to = 0;
    for (let index = start; index < end; index++) {
      from = Math.min(from, this.starts[index]!);
      to = Math.max(to, this.ends[index]!);
    }
    return from > to ? [to, to] : [from, to];
  }

  slice(start: number, end: number): TracedText {
    return new TracedText(this.text.slice(start, end), this.starts.subarray(start, end), this.ends.subarray(start, end));
  }

  /** The text with some stretches replaced, in their order; what is not named stays. What is put between two units belongs to the one after it. */
  rewrite(rewrites: Iterable<Rewrite>): TracedText {
    let text = '';
    const starts: number[] = [];
    const ends: number[] = [];
    const copy = (from: number, to: number) => {
      text += this.text.slice(from, to);
      for (let index = from; index < to; index++) {
        starts.push(this.starts[index]!);
        ends.push(this.ends[index]!);
      }
    };
    let done = 0;
    for (const { start, end, text: content } of rewrites) {
      copy(done, start);
      const [from, to] = start < end ? this.range(start, end) : this.range(start, Math.min(start + 1, this.length));
      for (let unit = 0; unit < content.length; unit++) {
        starts.push(from);
        ends.push(to);
      }
      text += content;
      done = end;
    }
    copy(done, this.length);
    return new TracedText(text, Int32Array.from(starts), Int32Array.from(ends));
  }

  /** Every match of `pattern` (with the flag g) through `change`. */
  replace(pattern: RegExp, change: (match: string) => string): TracedText {
    const rewrites: Rewrite[] = [];
    for (const { 0: match, index } of this.text.matchAll(pattern)) {
      const text = change(match);
      if (text !== match) rewrites.push({ start: index, end: index + match.length, text });
    }
    return rewrites.length === 0 ? this : this.rewrite(rewrites);
  }
}
