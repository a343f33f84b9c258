/**
 * Looks for stop strings in text that comes in pieces. Text that could be the start of one is held back until it is clear; a stop
 * string itself never comes out.
 */
export class StopStrings {
  readonly #longest: number;
  #held = '';

  constructor(private readonly stops: readonly string[]) {
    this.#longest = Math.max(0, ...stops.map((stop) => stop.length));
  }

  /** What can be shown, and the stop string that ended it. */
  push(piece: string): { text: string; stop?: string } {
    const text = this.#held + piece;
    const found = this.stops.map((stop) => ({ stop, at: text.indexOf(stop) })).filter(({ at }) => at >= 0);
    const first = found.sort((left, right) => left.at - right.at)[0];
    if (first) {
      this.#held = '';
      return { text: text.slice(0, first.at), stop: first.stop };
    }
    const shown = text.length - this.#possibleStart(text);
    this.#held = text.slice(shown);
    return { text: text.slice(0, shown) };
  }

  /** What was held back, when no more text follows. */
  end(): string {
    const rest = this.#held;
    this.#held = '';
    return rest;
  }

  /** Length of the longest end of `text` that a stop string starts with. */
  #possibleStart(text: string): number {
    for (let length = Math.min(text.length, this.#longest - 1); length > 0; length--) {
      const end = text.slice(text.length - length);
      if (this.stops.some((stop) => stop.startsWith(end))) return length;
    }
    return 0;
  }
}
