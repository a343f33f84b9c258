import { expect, it } from 'vitest';
import { fieldsOfTags } from './tagged-fields.js';

it('makes fields of tags, lists of what is separated, and text of the rest', () => {
  expect(fieldsOfTags('<s_menu><s_nm>Tea</s_nm><s_price> 2.00</s_price></s_menu><s_total>2.00</s_total>')).toEqual({ menu: { nm: 'Tea', price: '2.00' }, total: '2.00' });
  expect(fieldsOfTags('<s_menu><s_nm>Tea</s_nm><sep/><s_nm>Milk</s_nm></s_menu>')).toEqual({ menu: [{ nm: 'Tea' }, { nm: 'Milk' }] });
  expect(fieldsOfTags('<s_tags>a<sep/>b</s_tags>')).toEqual({ tags: ['a', 'b'] });
  expect(fieldsOfTags('no tags')).toBe('no tags');
});

it('steps over a tag that is never closed', () => {
  expect(fieldsOfTags('<s_a>x<s_b>y</s_b>')).toEqual({ b: 'y' });
});
