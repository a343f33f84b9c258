import { expect, it, vi } from 'vitest';
import { EventQueue } from './event-queue.js';

async function take<Value>(queue: EventQueue<Value>): Promise<Value[]> {
  const values: Value[] = [];
  for await (const value of queue) values.push(value);
  return values;
}

it('hands over what came before and after the loop began', async () => {
  const queue = new EventQueue<number>();
  queue.push(1);
  const values = take(queue);
  queue.push(2);
  await Promise.resolve();
  queue.push(3);
  queue.end();
  expect(await values).toEqual([1, 2, 3]);
});

it('throws an error after the values that came before it, once', async () => {
  const queue = new EventQueue<number>();
  queue.push(1);
  queue.end(new Error('gone'));
  expect(await queue.next()).toEqual({ value: 1, done: false });
  await expect(queue.next()).rejects.toThrow('gone');
  expect(await queue.next()).toEqual({ value: undefined, done: true });
});

it('tells when the loop is left early, and takes nothing more', async () => {
  const onLeave = vi.fn();
  const queue = new EventQueue<number>(onLeave);
  queue.push(1);
  queue.push(2);
  for await (const value of queue) if (value === 1) break;
  expect(onLeave).toHaveBeenCalledOnce();
  queue.push(3);
  expect(await queue.next()).toEqual({ value: undefined, done: true });
});
