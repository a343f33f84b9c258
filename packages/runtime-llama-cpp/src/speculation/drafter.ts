import type { Token } from 'node-llama-cpp';

/** Guesses what comes next, cheaply; every guess is checked by the model, so that a wrong one costs time and nothing else. */
export interface Drafter {
  /** Up to `most` tokens that may follow `tokens`, best guess first; none when it has no idea. */
  draft(tokens: readonly Token[], most: number): Promise<Token[]> | Token[];
  /** Told what became of a guess. */
  judge(drafted: number, accepted: number): void;
}
