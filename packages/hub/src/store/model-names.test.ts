import { expect, it } from 'vitest';
import { distinctNames } from './model-names.js';

const commit = '0123456789abcdef0123456789abcdef01234567';
const names = (...models: [name: string, quantization?: string, revision?: string][]) =>
  distinctNames(models.map(([name, quantization, revision], index) => ({ name, quantization, revision, folderName: `folder-${index}` })));

it('says no more than tells models apart', () => {
  expect(names(['a', 'Q8_0'], ['b', 'Q8_0'])).toEqual(['a', 'b']);
  expect(names(['a', 'Q8_0'], ['a', 'F16'])).toEqual(['a:Q8_0', 'a:F16']);
  expect(names(['a', 'Q8_0', 'v1'])).toEqual(['a']);
  expect(names(['a'], ['a'])).toEqual(['folder-0', 'folder-1']);
});

it('leaves the plain name to the one that follows the main branch', () => {
  expect(names(['a', 'Q8_0'], ['a', 'Q8_0', commit])).toEqual(['a', 'a@0123456789ab']);
  expect(names(['a', 'Q8_0'], ['a', 'F16'], ['a', 'F16', 'v1'])).toEqual(['a:Q8_0', 'a:F16', 'a@v1']);
  expect(names(['a', 'Q8_0', 'v1'], ['a', 'F16', 'v1'])).toEqual(['a:Q8_0', 'a:F16']);
  expect(names(['a', 'Q8_0', 'v1'], ['a', 'Q8_0', 'v2'])).toEqual(['a@v1', 'a@v2']);
});
