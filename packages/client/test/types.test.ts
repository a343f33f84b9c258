import { expectTypeOf, it } from 'vitest';
import { LlmiClient, type Answer, type ClientEvent } from '../src/index.js';

/** Never called: the types of what they return are what counts. */
const client = new LlmiClient({ baseUrl: 'http://127.0.0.1:1' });
const embed = () => client.generate({ task: 'feature-extraction', texts: ['a'] });
const detect = () => client.generate({ task: 'object-detection', image: 'x' });
const any = () => client.generate({ prompt: 'x' });
const own = () => client.generate({ task: 'my-own-task', prompt: 'x' });

it('the type of an answer follows the task', () => {
  expectTypeOf(embed).returns.resolves.toEqualTypeOf<Answer<'embedding'>>();
  expectTypeOf(embed).returns.resolves.toHaveProperty('embeddings').toEqualTypeOf<number[][]>();
  expectTypeOf(detect).returns.resolves.toHaveProperty('objects');
  expectTypeOf(any).returns.resolves.toEqualTypeOf<Answer>();
  expectTypeOf(own).returns.resolves.toEqualTypeOf<Answer>();
});

it('methods answer with one kind', () => {
  expectTypeOf(client.generateText).returns.resolves.toHaveProperty('text').toEqualTypeOf<string>();
  expectTypeOf(client.embed).returns.resolves.toHaveProperty('dimensions').toEqualTypeOf<number>();
  expectTypeOf(client.generateText).parameter(0).not.toEqualTypeOf<string>();
  expectTypeOf(client.generateText).parameter(0).extract<string>().toEqualTypeOf<string>();
});

it('events are told apart by their type', () => {
  expectTypeOf<Extract<ClientEvent, { type: 'done' }>>().toHaveProperty('answer').toEqualTypeOf<Answer>();
  expectTypeOf<Extract<ClientEvent, { type: 'text' }>>().toHaveProperty('token').toEqualTypeOf<string>();
});
