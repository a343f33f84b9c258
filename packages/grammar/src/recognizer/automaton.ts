import { LlmiError } from '@llmi/core';
import { compileGrammar, ruleEnd, type Place } from './compile-grammar.js';

/** A place that was reached, and the calls that it is in, the innermost first. Equal ones are the same object. */
interface Frame {
  readonly id: number;
  readonly place: Place;
  readonly outer: Frame | undefined;
  /** Frames that were called from this one, by their place. */
  readonly inner: Map<Place, Frame>;
}

/** How far a text has come in a grammar: everything that it can be the beginning of. Equal ones are the same object, until the automaton forgets. */
export interface State {
  readonly frames: readonly Frame[];
  /** The text may end here. */
  readonly mayEnd: boolean;
  /** By class of byte: where it leads, null where it does not fit. */
  readonly next: (State | null | undefined)[];
}

/** More ways to read a text than a grammar for people has. */
const mostFrames = 4000;
/** What is remembered takes about a kilobyte for each. */
const mostStates = 20_000;
const bytes = 256;

/**
 * Reads bytes by a grammar: a pushdown automaton whose steps are remembered, so that a step that was made before costs a look into a
 * table. Several texts can be read at once: what is read is in the state alone.
 */
export class Automaton {
  readonly start: State;
  /** Bytes that the grammar nowhere tells apart are of one class. */
  readonly #classOf: Uint8Array;
  #frames = new Map<Place, Frame>();
  #states = new Map<string, State>();
  #frameCount = 0;

  /** @throws {LlmiError} INPUT_INVALID */
  constructor(text: string, start?: string) {
    const rule = compileGrammar(text, start);
    this.#classOf = byteClasses(rule.start);
    this.start = this.#state([[rule.start, undefined]]);
  }

  /** Where one byte leads; undefined where it does not fit. @throws {LlmiError} INPUT_UNSUPPORTED for a text that can be read in too many ways */
  step(state: State, byte: number): State | undefined {
    const byteClass = this.#classOf[byte]!;
    let next = state.next[byteClass];
    if (next === undefined) next = state.next[byteClass] = this.#step(state, byte);
    return next ?? undefined;
  }

  #step({ frames }: State, byte: number): State | null {
    const reached: [Place, Frame | undefined][] = [];
    for (const { place, outer } of frames) {
      for (const { first, last, to } of place.edges) if (byte >= first && byte <= last) reached.push([to, outer]);
    }
    return reached.length === 0 ? null : this.#state(reached);
  }

  /** Everything that can be reached from some places without a byte. */
  #state(reached: [place: Place, outer: Frame | undefined][]): State {
    const seen = new Set<Frame>();
    const frames: Frame[] = [];
    let mayEnd = false;
    for (let next = reached.pop(); next; next = reached.pop()) {
      const [place, outer] = next;
      if (place === ruleEnd) {
        if (outer) reached.push([outer.place, outer.outer]);
        else mayEnd = true;
        continue;
      }
      const frame = this.#frame(place, outer);
      if (seen.has(frame)) continue;
      seen.add(frame);
      if (seen.size > mostFrames) throw tooAmbiguous();
      if (place.edges.length > 0) frames.push(frame);
      for (const free of place.free) reached.push([free, outer]);
      // A call that is the last of its rule comes back where that rule does.
      if (place.call) reached.push([place.call.rule.start, place.call.then === ruleEnd ? outer : this.#frame(place.call.then, outer)]);
    }
    frames.sort((left, right) => left.id - right.id);
    return this.#remembered(frames, mayEnd);
  }

  #remembered(frames: readonly Frame[], mayEnd: boolean): State {
    const key = `${mayEnd ? '+' : ''}${frames.map(({ id }) => id).join()}`;
    let state = this.#states.get(key);
    if (!state) {
      if (this.#states.size >= mostStates) this.#forget();
      this.#states.set(key, (state = { frames, mayEnd, next: [] }));
    }
    return state;
  }

  #frame(place: Place, outer: Frame | undefined): Frame {
    const inner = outer?.inner ?? this.#frames;
    let frame = inner.get(place);
    if (!frame) inner.set(place, (frame = { id: this.#frameCount++, place, outer, inner: new Map() }));
    return frame;
  }

  /** States that are in use go on to hold what they know; what they reach is made anew. */
  #forget(): void {
    this.#states = new Map();
    this.#frames = new Map();
  }
}

/** By byte the number of its class: all bytes of a class take every edge of the grammar together, or none of them does. */
function byteClasses(start: Place): Uint8Array {
  const isFirst = new Uint8Array(bytes + 1);
  const seen = new Set([start]);
  for (const { edges, free, call } of seen) {
    for (const { first, last, to } of edges) {
      isFirst[first] = isFirst[last + 1] = 1;
      seen.add(to);
    }
    for (const place of free) seen.add(place);
    if (call) seen.add(call.rule.start).add(call.then);
  }
  const classOf = new Uint8Array(bytes);
  for (let byte = 1; byte < bytes; byte++) classOf[byte] = classOf[byte - 1]! + isFirst[byte]!;
  return classOf;
}

function tooAmbiguous(): LlmiError {
  return new LlmiError('INPUT_UNSUPPORTED', {
    message: `The grammar can be read in more than ${mostFrames} ways at once.`,
    hint: 'Write it so that one thing can be said in one way.',
    param: 'response_format.grammar',
  });
}
