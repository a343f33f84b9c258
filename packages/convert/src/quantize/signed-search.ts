import {
  absolute, both, build, choose, constant, get, greater, integer, isEqual, isGreater, isLess, lesser, load, loadOne, loop, nearest, over, plus, set, store, times, without, type Code,
} from './wasm-code.js';

const { fround } = Math;
const tenth = fround(0.1);
const zero = constant(0);

/** Four groups are searched side by side, one in each lane of a vector. */
const lanes = 4;
const laneBytes = 4 * lanes; // one position of all four
const parameter = 0; // the kernel's only one: bytes of candidates after the first

/** Groups below this count as zero: GROUP_MAX_EPS of the reference. */
export const tiny = fround(1e-15);

/** Scales of four groups of 16, and what their values were multiplied with to get their numbers; both 0 for a group that is zero. */
export interface SignedFits {
  scales: Float32Array;
  inverses: Float32Array;
}

/**
 * A search for the scales of groups of 16 floats, for numbers from -32 to 31, weighted by the squares of the values. A scale may be negative.
 *
 * Source: make_qx_quants with rmse_type 1 of ggml/src/ggml-quants.c
 */
export function makeSignedSearch(): (floats: Float32Array, start: number) => SignedFits {
  const around = Array.from({ length: 19 }, (_, step) => step - 9).filter((step) => step !== 0); // in tenths
  const candidates = [-32, ...around.map((step) => -fround(32 + fround(tenth * step)))];
  const { run, memory } = build(2, searchBody);
  const view = (offset: number, length: number) => new Float32Array(memory, offset, length);
  const values = view(at.values, 16 * lanes);
  view(at.plain, candidates.length).set(candidates);
  const fits = { scales: view(at.scales, lanes), inverses: view(at.inverses, lanes) };
  return (floats, start) => {
    for (let group = 0; group < lanes; group++) for (let index = 0; index < 16; index++) values[lanes * index + group] = floats[start + 16 * group + index]!;
    run(4 * around.length);
    return fits;
  };
}

const groupBytes = 16 * laneBytes;
const at = { values: 0, scales: groupBytes, inverses: groupBytes + laneBytes, plain: groupBytes + 2 * laneBytes, candidates: groupBytes + 2 * laneBytes + 4 };

function searchBody(local: () => number): Code {
  const [index, candidate] = [local(), local()];
  const [value, number, weight, largest, signed, isZero] = [local(), local(), local(), local(), local(), local()];
  const [inverse, products, squares, best, scale, bestInverse, mask] = [local(), local(), local(), local(), local(), local(), local()];
  const overPositions = (...body: Code[]) => loop(index, laneBytes, integer(groupBytes), body.flat());
  const tryCandidate = (base: number, offset: number) => [
    ...set(inverse, without(over(loadOne(base, offset), get(signed)), get(isZero))),
    ...set(products, zero),
    ...set(squares, zero),
    ...overPositions(
      set(value, load(at.values, index)),
      set(number, lesser(greater(nearest(times(get(inverse), get(value))), constant(-32)), constant(31))),
      set(weight, times(get(value), get(value))),
      set(products, plus(get(products), times(times(get(weight), get(value)), get(number)))),
      set(squares, plus(get(squares), times(times(get(weight), get(number)), get(number)))),
    ),
  ];
  const isBetter = both(isGreater(get(squares), zero), isGreater(times(get(products), get(products)), times(get(best), get(squares))));
  return [
    ...set(largest, zero),
    ...set(signed, zero),
    ...overPositions(
      set(value, load(at.values, index)),
      set(mask, isGreater(absolute(get(value)), get(largest))),
      set(largest, choose(get(mask), absolute(get(value)), get(largest))),
      set(signed, choose(get(mask), get(value), get(signed))),
    ),
    ...set(isZero, isLess(get(largest), constant(tiny))),
    ...tryCandidate(at.plain, candidate), // the first: `candidate` is still 0
    ...set(scale, without(over(get(products), get(squares)), isEqual(get(squares), zero))),
    ...set(best, times(get(scale), get(products))),
    ...set(bestInverse, get(inverse)),
    ...loop(candidate, 4, get(parameter), [
      ...tryCandidate(at.candidates, candidate),
      ...set(mask, isBetter),
      ...set(scale, choose(get(mask), over(get(products), get(squares)), get(scale))),
      ...set(best, choose(get(mask), times(get(scale), get(products)), get(best))),
      ...set(bestInverse, choose(get(mask), get(inverse), get(bestInverse))),
    ]),
    ...set(index, integer(0)),
    ...store(at.scales, index, get(scale)),
    ...store(at.inverses, index, get(bestInverse)),
  ];
}
