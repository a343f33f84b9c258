/** How much less likely than the least likely piece a character is that no piece has. Source: `K_UNK_PENALTY` of huggingface/tokenizers. */
const unknownPenalty = 10;

/** A text and how likely it is, as a logarithm. */
export type Piece = readonly [text: string, score: number];

interface Step {
  score: number;
  start: number;
  id: number;
}

/**
 * The likeliest way to put a word together from pieces. Characters that no piece has become one unknown token for each run of them.
 * Source: Kudo 2018, https://arxiv.org/abs/1804.10959; `encode_optimized` of huggingface/tokenizers, models/unigram/model.rs
 */
export class Unigram {
  readonly ids: ReadonlyMap<string, number>;
  private readonly scores: Float64Array;
  private readonly longest: number; // UTF-16 units of a piece
  private readonly unknownScore: number;

  constructor(
    pieces: readonly Piece[],
    private readonly unknownId: number,
  ) {
    this.ids = new Map(pieces.map(([text], id) => [text, id]));
    this.scores = Float64Array.from(pieces, ([, score]) => score);
    this.longest = pieces.reduce((longest, [text]) => Math.max(longest, text.length), 1);
    this.unknownScore = this.scores.reduce((least, score) => Math.min(least, score), Infinity) - unknownPenalty;
  }

  encode(word: string): number[] {
    const steps = this.bestSteps(word);
    const ids: number[] = [];
    for (let end = word.length; end > 0; end = steps[end]!.start) {
      const { id } = steps[end]!;
      if (id !== this.unknownId || ids.at(-1) !== this.unknownId) ids.push(id);
    }
    return ids.reverse();
  }

  /** For each position in the word: the likeliest way to it. */
  private bestSteps(word: string): (Step | undefined)[] {
    const steps: (Step | undefined)[] = Array<Step | undefined>(word.length + 1);
    steps[0] = { score: 0, start: 0, id: -1 };
    for (let start = 0; start < word.length; ) {
      const { score: before } = steps[start]!;
      const character = word.codePointAt(start)! > 0xffff ? 2 : 1;
      const reach = (end: number, id: number, score: number) => {
        const known = steps[end];
        if (known === undefined || before + score > known.score) steps[end] = { score: before + score, start, id };
      };
      let isKnown = false;
      for (let end = start + character; end <= Math.min(word.length, start + this.longest); end++) {
        const id = this.ids.get(word.slice(start, end));
        if (id === undefined) continue;
        reach(end, id, this.scores[id]!);
        isKnown ||= end === start + character;
      }
      if (!isKnown) reach(start + character, this.unknownId, this.unknownScore);
      start += character;
    }
    return steps;
  }
}
