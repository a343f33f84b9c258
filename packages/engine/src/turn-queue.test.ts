import { expect, it } from 'vitest';
import { TurnQueue } from './turn-queue.js';

function orderOf(asked: { name: string; client?: string; priority?: number }[]): string[] {
  const queue = new TurnQueue();
  const order: string[] = [];
  for (const { name, ...options } of asked) queue.add(() => order.push(name), options);
  while (queue.admitNext());
  return order;
}

it('admits those of one client as they came', () => {
  expect(orderOf([{ name: 'a' }, { name: 'b' }, { name: 'c' }])).toEqual(['a', 'b', 'c']);
});

it('gives each client its turn', () => {
  const many = ['1', '2', '3', '4'].map((number) => ({ name: `many${number}`, client: 'many' }));
  expect(orderOf([...many, { name: 'one', client: 'one' }, { name: 'two', client: 'two' }])).toEqual(['many1', 'one', 'two', 'many2', 'many3', 'many4']);
});

it('puts priority before turns', () => {
  expect(orderOf([{ name: 'a1', client: 'a' }, { name: 'a2', client: 'a', priority: 1 }, { name: 'b', client: 'b' }, { name: 'c', client: 'c', priority: -1 }])).toEqual(['a2', 'b', 'a1', 'c']);
});

it('lets one leave, once', () => {
  const queue = new TurnQueue();
  const order: string[] = [];
  const leave = queue.add(() => order.push('a'));
  queue.add(() => order.push('b'));
  expect([leave(), leave(), queue.length]).toEqual([true, false, 1]);
  expect([queue.admitNext(), queue.admitNext()]).toEqual([true, false]);
  expect(order).toEqual(['b']);
});
