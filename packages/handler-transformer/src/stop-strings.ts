/** What can be shown of the text so far, and the stop string that ended it. */
export interface StopCheck {
  text: string;
  stop: string | undefined;
}

/**
 * Looks for stop strings in text that comes in pieces. Text that could be the start of one is held back until it is clear; a stop
 * string itself never comes out. Work per piece is bounded by the length of the piece and of the stop strings.
 */
export class StopStrings {
  readonly #stops: readonly string[];
  readonly #longest: number;
  #held = '';

  constructor(stops: readonly string[]) {
    this.#stops = stops;
    this.#longest = Math.max(0, ...stops.map((stop) => stop.length));
  }

  push(piece: string): StopCheck {
    if (this.#longest === 0) return { text: piece, stop: undefined };
    const text = this.#held + piece;
    let at = Infinity;
    let stop: string | undefined;
    for (const candidate of this.#stops) {
      const index = text.indexOf(candidate);
      if (index >= 0 && index < at) [at, stop] = [index, candidate];
    }
    if (stop !== undefined) {
      this.#held = '';
      return { text: text.slice(0, at), stop };
    }
    const shown = text.length - this.#possibleStart(text);
    this.#held = text.slice(shown);
    return { text: text.slice(0, shown), stop: undefined };
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
      if (this.#stops.some((stop) => stop.startsWith(end))) return length;
    }
    return 0;
  }
}
