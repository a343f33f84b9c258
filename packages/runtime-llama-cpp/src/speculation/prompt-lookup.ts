import type { Token } from 'node-llama-cpp';
import type { Drafter } from './drafter.js';

/** Longest and shortest run of tokens that is looked up. Shorter ones occur by chance. */
const longestPattern = 4;
const shortestPattern = 2;
const fewestGuesses = 2;
const mostGuesses = 12;
/** After guesses that were all wrong, this many tokens are made without any; doubled each time, up to the limit. */
const firstPause = 2;
const longestPause = 32;

/**
 * Guesses that text goes on as it did before: it finds where the last tokens occurred earlier in prompt or answer, and proposes what
 * followed there. Pays where answers repeat their input: summaries, changes to code, data in other form.
 * Source: Saxena 2023, https://github.com/apoorvumang/prompt-lookup-decoding
 */
export class PromptLookup implements Drafter {
  /** By a run of tokens: where the token after its latest occurrence is. */
  readonly #next = new Map<string, number>();
  #indexed = 0;
  #guesses = fewestGuesses;
  #pause = 0;
  #nextPause = firstPause;

  draft(tokens: readonly Token[], most: number): Token[] {
    this.#index(tokens);
    const found = this.#pause > 0 ? undefined : this.#find(tokens);
    if (this.#pause > 0) this.#pause--;
    return found === undefined ? [] : goOn(tokens, found, Math.min(most, this.#guesses));
  }

  judge(drafted: number, accepted: number): void {
    if (drafted === 0) return;
    if (accepted === drafted) this.#guesses = Math.min(mostGuesses, this.#guesses * 2);
    else this.#guesses = Math.max(fewestGuesses, accepted);
    if (accepted > 0) {
      this.#nextPause = firstPause;
    } else {
      this.#pause = this.#nextPause;
      this.#nextPause = Math.min(longestPause, this.#nextPause * 2);
    }
  }

  #find(tokens: readonly Token[]): number | undefined {
    for (let length = longestPattern; length >= shortestPattern; length--) {
      const found = tokens.length < length ? undefined : this.#next.get(patternBefore(tokens, tokens.length, length));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Remembers every run of tokens that has one after it; the end itself has none yet. */
  #index(tokens: readonly Token[]): void {
    for (let end = Math.max(this.#indexed, shortestPattern); end < tokens.length; end++) {
      for (let length = shortestPattern; length <= Math.min(longestPattern, end); length++) this.#next.set(patternBefore(tokens, end, length), end);
    }
    this.#indexed = Math.max(this.#indexed, tokens.length);
  }
}

/** What stands from `start` on; where that runs into the end it repeats itself, as the text has begun to. */
function goOn(tokens: readonly Token[], start: number, count: number): Token[] {
  const found: Token[] = [];
  for (let at = start; found.length < count; at++) found.push(at < tokens.length ? tokens[at]! : found[at - tokens.length]!);
  return found;
}

/** The `length` tokens before position `end`. */
function patternBefore(tokens: readonly Token[], end: number, length: number): string {
  return tokens.slice(end - length, end).join(',');
}
