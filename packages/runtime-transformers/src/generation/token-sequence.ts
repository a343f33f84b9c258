/** Sequences of tokens of one length that a model goes on with, step by step. */
export interface TokenSequence {
  /** The tokens of each row so far. */
  readonly rows: readonly (readonly number[])[];
  /** Adds tokens to every row and gives the scores of what follows: [vocabulary] for each row. */
  step(added: readonly (readonly number[])[], signal?: AbortSignal): Promise<Float32Array[]>;
  /** Goes on with some of the rows, in another order; a row may be taken several times. */
  select(order: readonly number[]): void;
}
