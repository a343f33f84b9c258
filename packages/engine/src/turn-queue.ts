/** Who asks, and how urgently. */
export interface TurnOptions {
  /** Whoever has the same one shares the turns: a key, an address. */
  client?: string;
  /** Higher goes first. */
  priority?: number;
}

interface Waiter extends Required<TurnOptions> {
  admit(): void;
}

/** What waits for one model: by priority, then each client in turn, then as they came. One client with many requests keeps no other out. */
export class TurnQueue {
  readonly #waiters: Waiter[] = [];
  /** When each client was last admitted, as a count of turns. */
  readonly #lastTurn = new Map<string, number>();
  #turns = 0;

  get length(): number {
    return this.#waiters.length;
  }

  /** Adds one, and gives the way to take it out again: false when it was admitted already. */
  add(admit: () => void, { client = '', priority = 0 }: TurnOptions = {}): () => boolean {
    const waiter = { admit, client, priority };
    this.#waiters.push(waiter);
    return () => {
      const place = this.#waiters.indexOf(waiter);
      if (place >= 0) this.#waiters.splice(place, 1);
      return place >= 0;
    };
  }

  /** Somebody of this client works, without having waited. */
  noteTurn(client = ''): void {
    this.#lastTurn.set(client, ++this.#turns);
  }

  /** Admits the next one. False when nobody waits. */
  admitNext(): boolean {
    const last = ({ client }: Waiter) => this.#lastTurn.get(client) ?? 0;
    let next: Waiter | undefined;
    for (const waiter of this.#waiters) {
      if (!next || waiter.priority > next.priority || (waiter.priority === next.priority && last(waiter) < last(next))) next = waiter;
    }
    if (!next) {
      this.#lastTurn.clear(); // an idle model owes nobody anything
      return false;
    }
    this.#waiters.splice(this.#waiters.indexOf(next), 1);
    this.noteTurn(next.client);
    next.admit();
    return true;
  }

  admitAll(): void {
    for (const { admit } of this.#waiters.splice(0)) admit();
  }
}
