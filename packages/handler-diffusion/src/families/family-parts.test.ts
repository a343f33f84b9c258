import { expect, it } from 'vitest';
import { createScheduler } from '../schedulers/create-scheduler.js';
import { framesOf } from './animate-diff.js';
import { evenSigmas, shiftFor } from './flow-shift.js';
import { embedGuidance } from './guidance-embedding.js';
import { textsFor } from './prompt-lists.js';
import { tensorOf } from '../components/tensor.js';

it('embedGuidance is sines, then cosines, of rising wavelengths', () => {
  const { data, shape } = embedGuidance(1.001, 5, 2);
  expect(shape).toEqual([2, 5]);
  const row = [Math.sin(1), Math.sin(1e-4), Math.cos(1), Math.cos(1e-4), 0]; // (guidance - 1) x 1000 = 1
  [...row, ...row].forEach((value, index) => expect(data[index]).toBeCloseTo(value, 4));
});

it('shiftFor goes in a straight line between two numbers of tokens', () => {
  const scheduler = createScheduler({ _class_name: 'FlowMatchEulerDiscreteScheduler', use_dynamic_shifting: true, base_shift: 0.5, max_shift: 1.15 });
  expect([256, 4096, 2176].map((tokens) => shiftFor(tokens, scheduler, 1.15))).toEqual([0.5, 1.15, expect.closeTo(0.825, 9)]);
});

it('evenSigmas end one step above nothing', () => expect(evenSigmas(4)).toEqual([1, 0.75, 0.5, 0.25]));

it('framesOf puts time before channels', () => {
  const film = tensorOf([0, 1, 2, 3, 10, 11, 12, 13], [1, 2, 2, 1, 2]); // two channels of two frames of two values
  expect(framesOf(film)).toEqual(tensorOf([0, 1, 10, 11, 2, 3, 12, 13], [2, 2, 1, 2]));
});

it('texts are one for all, or one for each', () => {
  const prompts = ['a', 'b'];
  expect(textsFor(prompts, undefined, prompts)).toBe(prompts);
  expect(textsFor(prompts, '', ['', ''])).toEqual(['', '']);
  expect(textsFor(prompts, 'c', prompts)).toEqual(['c', 'c']);
  expect(textsFor(prompts, ['c', 'd'], prompts)).toEqual(['c', 'd']);
});
