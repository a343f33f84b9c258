import {
  absolute, both, build, choose, constant, get, greater, integer, isEqual, isGreater, isLess, lesser, load, loadOne, loop, minus, nearest, negative, over, plus, set,
  squareRoot, store, times, without, type Code,
} from './wasm-code.js';

const { fround } = Math;
const tenth = fround(0.1);
const zero = constant(0);

/** Four groups are searched side by side, one in each lane of a vector. */
const lanes = 4;
const laneBytes = 4 * lanes; // one position of all four
const parameter = 0; // the kernel's only one: bytes of candidates

/** What the search found for four groups of 32. Numbers lie position by position: `numbers[4 x position + group]`. */
export interface GroupFits {
  scales: Float32Array;
  minimums: Float32Array; // taken away from what a number stands for, so not negative
  numbers: Float32Array; // as the search rounded them
}

/** Finds scale and minimum of four groups of 32 floats from `start` on. The result is overwritten by the next call. */
export type ScaleSearch = (floats: Float32Array, start: number) => GroupFits;

/**
 * A search for scales and minimums so that `scale x number - minimum` errs least for numbers from 0 to `levels`, larger values counting
 * more. Every step rounds to single precision, in the order of the reference, so that the same bits come out.
 *
 * @param from first candidate of the scale, as a shift of `levels`; @param steps how many more follow, 0.1 apart
 * Source: make_qkx2_quants and the loop around it in quantize_row_q4_K_ref of ggml/src/ggml-quants.c
 */
export function makeScaleSearch(levels: number, from: number, steps: number): ScaleSearch {
  const { run, memory } = build(2, (local) => searchBody(levels, local));
  const view = (offset: number, length: number) => new Float32Array(memory, offset, length);
  const values = view(at.values, 32 * lanes);
  const candidates = view(at.candidates, steps + 1);
  for (let step = 0; step <= steps; step++) candidates[step] = fround(from + fround(tenth * step)) + levels;
  const fits: GroupFits = { scales: view(at.scales, lanes), minimums: view(at.minimums, lanes), numbers: view(at.numbers, 32 * lanes) };
  return (floats, start) => {
    for (let group = 0; group < lanes; group++) for (let index = 0; index < 32; index++) values[lanes * index + group] = floats[start + 32 * group + index]!;
    run(4 * (steps + 1));
    return fits;
  };
}

const groupBytes = 32 * laneBytes;
/** Where things lie in the kernel's memory. */
const at = { values: 0, weights: groupBytes, trial: 2 * groupBytes, numbers: 3 * groupBytes, scales: 4 * groupBytes, minimums: 4 * groupBytes + laneBytes, candidates: 4 * groupBytes + 2 * laneBytes };

function searchBody(levels: number, local: () => number): Code {
  const [index, candidate] = [local(), local()];
  const [value, weight, mean, lowest, highest, weightSum, valueSum, isVaried] = [local(), local(), local(), local(), local(), local(), local(), local()];
  const [inverse, sum, squareSum, productSum, error, bestError, scale] = [local(), local(), local(), local(), local(), local(), local()];
  const [number, determinant, trialScale, trialMinimum, mask] = [local(), local(), local(), local(), local()];
  const overPositions = (...body: Code[]) => loop(index, laneBytes, integer(groupBytes), body.flat());
  const add = (to: number, term: Code) => set(to, plus(get(to), term));
  const clear = (...all: number[]) => all.flatMap((one) => set(one, zero));

  const weigh = [
    ...clear(mean, weightSum, valueSum),
    ...overPositions(set(value, load(at.values, index)), add(mean, times(get(value), get(value)))),
    ...set(mean, squareRoot(over(get(mean), constant(32)))),
    ...set(index, integer(0)),
    ...set(lowest, load(at.values, index)),
    ...set(highest, load(at.values, index)),
    ...overPositions(
      set(value, load(at.values, index)),
      set(weight, plus(get(mean), absolute(get(value)))),
      store(at.weights, index, get(weight)),
      set(lowest, lesser(get(lowest), get(value))),
      set(highest, greater(get(highest), get(value))),
      add(weightSum, get(weight)),
      add(valueSum, times(get(weight), get(value))),
    ),
    ...set(lowest, lesser(get(lowest), zero)),
  ];
  // A group whose values are all the same keeps the inverse 0: its numbers are 0, and nothing is better.
  const invert = (numerator: Code) => set(inverse, both(over(numerator, minus(get(highest), get(lowest))), get(isVaried)));
  const tryInverse = [
    ...clear(sum, squareSum, productSum),
    ...overPositions(
      set(value, load(at.values, index)),
      set(number, lesser(greater(nearest(times(get(inverse), minus(get(value), get(lowest)))), zero), constant(levels))),
      store(at.trial, index, get(number)),
      set(weight, times(load(at.weights, index), get(number))),
      add(sum, get(weight)),
      add(squareSum, times(get(weight), get(number))),
      add(productSum, times(get(weight), get(value))),
    ),
  ];
  const measureError = (ofScale: number, minimum: number) => [
    ...clear(error),
    ...overPositions(
      set(value, minus(plus(times(get(ofScale), load(at.trial, index)), get(minimum)), load(at.values, index))),
      add(error, times(load(at.weights, index), times(get(value), get(value)))),
    ),
  ];
  const solve = [
    ...set(determinant, minus(times(get(weightSum), get(squareSum)), times(get(sum), get(sum)))),
    ...set(trialScale, over(minus(times(get(weightSum), get(productSum)), times(get(valueSum), get(sum))), get(determinant))),
    ...set(trialMinimum, over(minus(times(get(squareSum), get(valueSum)), times(get(sum), get(productSum))), get(determinant))),
    ...set(mask, isGreater(get(trialMinimum), zero)),
    ...set(trialScale, choose(get(mask), over(get(productSum), get(squareSum)), get(trialScale))),
    ...set(trialMinimum, choose(get(mask), zero, get(trialMinimum))),
  ];
  const keepBetter = [
    ...set(mask, both(isLess(get(error), get(bestError)), isGreater(get(determinant), zero))),
    ...([[bestError, error], [scale, trialScale], [lowest, trialMinimum]] as const).flatMap(([kept, tried]) => set(kept, choose(get(mask), get(tried), get(kept)))),
    ...overPositions(store(at.numbers, index, choose(get(mask), load(at.trial, index), load(at.numbers, index)))),
  ];
  return [
    ...weigh,
    ...set(isVaried, without(isEqual(zero, zero), isEqual(get(lowest), get(highest)))),
    ...invert(constant(levels)),
    ...set(scale, both(over(constant(1), get(inverse)), get(isVaried))),
    ...tryInverse,
    ...overPositions(store(at.numbers, index, load(at.trial, index))),
    ...measureError(scale, lowest),
    ...set(bestError, get(error)),
    ...loop(candidate, 4, get(parameter), [...invert(loadOne(at.candidates, candidate)), ...tryInverse, ...solve, ...measureError(trialScale, trialMinimum), ...keepBetter]),
    ...set(index, integer(0)),
    ...store(at.scales, index, get(scale)),
    ...store(at.minimums, index, negative(get(lowest))),
  ];
}
