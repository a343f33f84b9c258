/** How long a runner may be silent, in milliseconds. */
export interface RunnerLimits {
  /** JavaScript that gives its event loop no turn for this long is an endless loop. A handler that computes longer awaits something now and then. */
  loopMs: number;
  /** A call of native code may take this long: nobody can see whether it goes on. */
  nativeMs: number;
}

export const defaultLimits: RunnerLimits = { loopMs: 45_000, nativeMs: 30 * 60_000 };

/** Looks at a silent process in a row that must all find it in JavaScript; a native call that returns meanwhile is no loop. */
const looksInARow = 3;

/** Of `loopMs`, from one sign of life that is asked for to the next. */
const beatShare = 1 / 9;

interface Watched {
  /** Asks for a sign of life. */
  ping(): void;
  /** The place in JavaScript where the process is; undefined when it is in native code. */
  whereItIs(timeoutMs: number): Promise<string | undefined>;
  onStuck(place: string | undefined, silentMs: number): void;
}

/**
 * Tells an endless loop from work: while a runner has something to do it is asked for signs of life, which its event loop gives. One that
 * stays silent is looked into. Native code may block the loop for long, as loading and big prompts do; JavaScript may not.
 */
export class Watchdog {
  readonly #watched: Watched;
  readonly #limits: RunnerLimits;
  #timer: NodeJS.Timeout | undefined;
  #lastSign = 0;
  #looks = 0;
  #looking = false;

  constructor(watched: Watched, limits: Partial<RunnerLimits> = {}) {
    this.#watched = watched;
    this.#limits = { ...defaultLimits, ...limits };
  }

  get #beatMs(): number {
    return this.#limits.loopMs * beatShare;
  }

  /** The runner has something to do. */
  start(): void {
    if (this.#timer) return;
    this.heard();
    this.#timer = setInterval(() => void this.#beat(), this.#beatMs);
    this.#timer.unref();
  }

  /** It has nothing more to do, or is gone. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** It gave a sign of life. */
  heard(): void {
    this.#lastSign = performance.now();
    this.#looks = 0;
  }

  async #beat(): Promise<void> {
    if (this.#looking) return;
    const silentMs = performance.now() - this.#lastSign;
    if (silentMs < this.#limits.loopMs - looksInARow * this.#beatMs) return this.#watched.ping();
    const sign = this.#lastSign;
    this.#looking = true;
    const place = await this.#watched.whereItIs(this.#beatMs).catch(() => undefined);
    this.#looking = false;
    if (this.#lastSign !== sign || !this.#timer) return;
    if (place !== undefined && ++this.#looks >= looksInARow) this.#watched.onStuck(place, silentMs);
    else if (place === undefined) {
      this.#looks = 0;
      if (silentMs >= this.#limits.nativeMs) this.#watched.onStuck(undefined, silentMs);
    }
  }
}
