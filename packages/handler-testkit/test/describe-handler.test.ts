import { defineHandler } from '@llmi/core';
import { expect, it } from 'vitest';
import { checklist, describeHandler, type TestRunner } from '../src/index.js';
import { SoundHandler } from './support/sound-handler.js';

it('registers tests with any runner, grouped as the checklist is, and runs nothing by itself', () => {
  const groups: string[] = [];
  const tests: string[] = [];
  const runner: TestRunner = {
    describe: (name, body) => {
      groups.push(name);
      body();
    },
    it: (name) => tests.push(name),
    after: () => undefined,
  };
  const model = (name: string) => ({ name, path: '/nowhere', requests: [{ prompt: 'x' }] as [{ prompt: string }] });
  describeHandler(defineHandler({ name: 'sound', create: (info) => new SoundHandler(info) }), { models: [model('one'), model('two')], runner });
  expect(groups.filter((name) => !Object.values<string>(checklist).includes(name))).toEqual(['handler "sound"', 'with one', 'with two']);
  expect(new Set(groups)).toEqual(new Set([...Object.values(checklist), 'handler "sound"', 'with one', 'with two']));
  expect(tests.filter((name) => name === 'a stream ends with one "done", and nothing comes behind it')).toHaveLength(2);
});
