import { describe, expect, it } from 'vitest';
import { fakeEngine } from './fake-engine.js';
import { injected } from './harness.js';

const messages = [{ role: 'user', content: 'a' }];
const tool = { type: 'function', function: { name: 'f', parameters: { type: 'object' } } };

/** A request of each dialect with many of its fields. */
const requests: [url: string, payload: Record<string, unknown>][] = [
  ['/generate', { model: 'org/one', messages, mode: 'chat', max_tokens: 5, stop_sequences: ['x'], tools: [tool], response_format: { type: 'json_object' }, reasoning: 'on' }],
  ['/v1/chat/completions', { model: 'org/one', messages, n: 1, stop: ['x'], tools: [tool], tool_choice: 'auto', response_format: { type: 'text' }, stream_options: { include_usage: true }, logit_bias: { 1: 1 } }],
  ['/v1/completions', { model: 'org/one', prompt: ['a'], n: 1, stop: 'x', echo: true, seed: 1 }],
  ['/v1/responses', { model: 'org/one', input: [{ role: 'user', content: [{ type: 'input_text', text: 'a' }] }, { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' }, { type: 'function_call_output', call_id: 'a', output: 'x' }], tools: [{ type: 'function', name: 'f' }], text: { format: { type: 'text' } } }],
  ['/v1/embeddings', { model: 'org/one', input: ['a'], encoding_format: 'base64', dimensions: 3 }],
  ['/v1/images/generations', { model: 'org/one', prompt: 'a', n: 1, size: '512x512', response_format: 'url' }],
  ['/v1/audio/speech', { model: 'org/one', input: 'a', voice: { id: 'x' }, speed: 1 }],
  ['/v1/rerank', { model: 'org/one', query: 'a', documents: ['a', { text: 'b' }], top_n: 1 }],
  ['/v1/messages', { model: 'org/one', max_tokens: 5, system: [{ type: 'text', text: 'a' }], messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'x', content: 'y' }, { type: 'text', text: 'a' }] }, { role: 'assistant', content: [{ type: 'tool_use', id: 'x', name: 'f', input: {} }] }], thinking: { type: 'enabled', budget_tokens: 5 }, tools: [{ name: 'f', input_schema: {} }], tool_choice: { type: 'tool', name: 'f' } }],
  ['/api/chat', { model: 'org/one', messages: [{ role: 'assistant', content: '', tool_calls: [{ function: { name: 'f', arguments: {} } }] }], options: { stop: ['x'], seed: 1 }, format: { type: 'object' }, think: true, keep_alive: '5m', tools: [tool] }],
  ['/api/generate', { model: 'org/one', prompt: 'a', system: 'b', images: ['AAAA'], options: { num_predict: -1 }, context: [], raw: false }],
  ['/api/embed', { model: 'org/one', input: ['a'], truncate: true }],
  ['/api/pull', { model: 'org/new', stream: false }],
];

const strange: unknown[] = [null, true, 0, -1, 1.5, 1e300, '', 'x', '\0', '\ud800', '__proto__', '../x', [], {}, [null], [[[]]], { type: 'text' }, { type: '__proto__' }, [{ type: 'image_url' }], 'a'.repeat(5000), { toString: 1 }, { length: -1 }];

/** The same numbers every time. Source: mulberry32, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
function randomNumbers(seed: number): (below: number) => number {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let value = Math.imul(seed ^ (seed >>> 15), seed | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) % below;
  };
}

/** A copy in which one value, anywhere, is another, gone, or has a neighbour. */
function mutated(value: unknown, random: (below: number) => number): unknown {
  if (typeof value !== 'object' || value === null || random(5) === 0) return strange[random(strange.length)];
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Record<string, unknown>;
  const keys = Object.keys(copy);
  const key = keys[random(Math.max(1, keys.length))] ?? 'x';
  const what = random(8);
  if (what === 0) delete copy[key];
  else if (what === 1) copy[`${key}x`] = strange[random(strange.length)];
  else copy[key] = mutated(copy[key], random);
  return copy;
}

const rounds = Number(process.env.LLMI_FUZZ_ROUNDS ?? 400);

describe('bodies that were damaged', () => {
  it.each(requests)('%s answers or refuses them, and never fails', { timeout: 600_000 }, async (url, payload) => {
    const app = await injected({ engine: fakeEngine() });
    const random = randomNumbers(url.length);
    const statuses = new Set<number>();
    for (let round = 0; round < rounds; round++) {
      let body: unknown = payload;
      for (let times = 1 + random(3); times > 0; times--) body = mutated(body, random);
      const reply = await app.inject({ method: 'POST', url, headers: { 'content-type': 'application/json' }, payload: JSON.stringify(body) });
      statuses.add(reply.statusCode);
      expect(reply.statusCode < 500, `${reply.statusCode} ${reply.body} for ${JSON.stringify(body)}`).toBe(true);
    }
    expect(statuses.has(400)).toBe(true);
  });
});
