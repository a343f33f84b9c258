import { bestTokens, logSoftmax } from './choose-token.js';
import type { LogitsProcessor } from './logits-processors.js';
import type { TokenSequence } from './token-sequence.js';

export interface BeamSettings {
  numBeams: number;
  lengthPenalty: number;
  earlyStopping: boolean | 'never';
  eosTokenIds: readonly number[];
  /** Tokens in all, the start among them. */
  maxLength: number;
}

interface Beam {
  ids: readonly number[];
  /** Sum of the logarithms of its tokens' probabilities; of a finished one divided by its length to the power of the penalty. */
  score: number;
}

interface Continuation extends Beam {
  /** The beam that it goes on from. */
  from: number;
  isFinished: boolean;
}

/** Below any score there is: of places that nothing has taken yet. */
const noScore = -1e9;

/**
 * The likeliest sequence that several beams find, without what it began with.
 * Source: `_beam_search` of transformers 4.57, for one input and without sampling.
 */
export async function beamSearch(sequence: TokenSequence, start: readonly number[], processors: readonly LogitsProcessor[], settings: BeamSettings, signal?: AbortSignal): Promise<number[]> {
  const { numBeams, eosTokenIds, maxLength, earlyStopping } = settings;
  const candidates = Math.max(2, 1 + eosTokenIds.length) * numBeams;
  let running: Beam[] = [{ ids: start, score: 0 }];
  let finished: Beam[] = [];
  let added: number[][] = [[...start]];
  let canImprove = true;
  for (let length = start.length; length < maxLength; ) {
    signal?.throwIfAborted();
    const logits = await sequence.step(added, signal);
    const scores = logits.map((row, beam) => {
      const logProbabilities = logSoftmax(row);
      for (const process of processors) process(running[beam]!.ids, logProbabilities);
      return logProbabilities;
    });
    length++;
    const next = continuations(running, scores, candidates).map((continuation) => ({ ...continuation, isFinished: length >= maxLength || eosTokenIds.includes(continuation.ids.at(-1)!) }));
    if (next.length === 0) break;

    // Only the best ones of this step count as finished; the others are there to go on with.
    const isFull = finished.length === numBeams && earlyStopping === true;
    if (canImprove && !isFull) finished = bestFinished(finished, next.slice(0, numBeams), length - start.length, settings);
    const goOn = next.filter(({ isFinished }) => !isFinished).slice(0, numBeams);
    if (goOn.length === 0) break;
    running = goOn;
    sequence.select(goOn.map(({ from }) => from));
    added = goOn.map(({ ids }) => [ids.at(-1)!]);

    canImprove &&= couldImprove(running[0]!.score, finished, length - start.length, maxLength - start.length, settings);
    if (!canImprove || (finished.length === numBeams && earlyStopping === true)) break;
  }
  const best = finished[0] ?? running[0]!;
  return best.ids.slice(start.length);
}

/** The best ways to go on, from all beams together, best first. */
function continuations(running: readonly Beam[], scores: readonly Float32Array[], count: number): Omit<Continuation, 'isFinished'>[] {
  return running
    .flatMap(({ ids, score }, from) => bestTokens(scores[from]!, count).map((token) => ({ ids: [...ids, token], from, score: score + scores[from]![token]! })))
    .filter(({ score }) => score > -Infinity)
    .sort((left, right) => right.score - left.score)
    .slice(0, count);
}

function bestFinished(finished: readonly Beam[], next: readonly Continuation[], generated: number, { numBeams, lengthPenalty }: BeamSettings): Beam[] {
  const ended = next.filter(({ isFinished }) => isFinished).map(({ ids, score }) => ({ ids, score: score / generated ** lengthPenalty }));
  return [...finished, ...ended].sort((left, right) => right.score - left.score).slice(0, numBeams);
}

/** Whether the best running beam could still beat the worst finished one. */
function couldImprove(score: number, finished: readonly Beam[], generated: number, most: number, { numBeams, lengthPenalty, earlyStopping }: BeamSettings): boolean {
  const length = earlyStopping === 'never' && lengthPenalty > 0 ? most : generated;
  const worst = finished.length < numBeams ? noScore : finished.at(-1)!.score;
  return score / length ** lengthPenalty > worst;
}
