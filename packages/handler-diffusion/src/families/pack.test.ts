import { describe, expect, it } from 'vitest';
import { tensorOf } from '../components/tensor.js';
import { packFilm, unpackFilm } from './pack-film.js';
import { packLatents, tokenPlaces, unpackLatents } from './pack-latents.js';

const counting = (...shape: number[]) => tensorOf(Array.from({ length: shape.reduce((product, size) => product * size, 1) }, (_, index) => index), shape);

describe('packing', () => {
  it('makes a token of every two by two latents', () => {
    const packed = packLatents(counting(1, 2, 2, 4));
    expect(packed.shape).toEqual([1, 2, 8]);
    expect([...packed.data]).toEqual([0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15]);
    expect(unpackLatents(packed, [1, 2, 2, 4])).toEqual(counting(1, 2, 2, 4));
    expect([...tokenPlaces(2, 4).data]).toEqual([0, 0, 0, 0, 0, 1]);
  });

  it('of films goes frame by frame, row by row', () => {
    const packed = packFilm(counting(1, 2, 2, 1, 2), { space: 1, time: 1 });
    expect(packed.shape).toEqual([1, 4, 2]);
    expect([...packed.data]).toEqual([0, 4, 1, 5, 2, 6, 3, 7]);
    for (const patch of [{ space: 1, time: 1 }, { space: 2, time: 1 }, { space: 2, time: 2 }]) {
      expect(unpackFilm(packFilm(counting(2, 3, 4, 2, 6), patch), [2, 3, 4, 2, 6], patch)).toEqual(counting(2, 3, 4, 2, 6));
    }
  });
});
