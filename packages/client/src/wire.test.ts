import { answerEnvelopeSchema, generateEventSchema, generateRequestSchema, generateResultSchema, toWire, type GenerateEvent, type GenerateRequest, type GenerateResult } from '@llmi/core';
import { expect, it } from 'vitest';
import type { ClientEvent } from './answers.js';
import { answerFromWire, eventFromWire, requestToWire } from './wire.js';

const usage = { promptTokens: 1, completionTokens: 2, totalTokens: 3, cachedTokens: 1 };
const toolCall = { id: 'a', type: 'function' as const, function: { name: 'get_time', arguments: '{"time_zone":"x"}' } };

it('writes requests as the server reads them', () => {
  const request: GenerateRequest = {
    maxTokens: 3,
    stopSequences: ['a_b'],
    logitBias: { 12: 1 },
    messages: [{ role: 'assistant', content: null, reasoningContent: 'hm', toolCalls: [toolCall] }, { role: 'tool', toolCallId: 'a', content: 'x' }],
    tools: [{ type: 'function', function: { name: 'getTime', parameters: { type: 'object', properties: { timeZone: {} } } } }],
    responseFormat: { type: 'json_schema', json_schema: { schema: { properties: { firstName: {} } } } },
    tensors: { inputIds: { data: [1], shape: [1], dtype: 'int64' } },
    loras: [{ name: 'myStyle', scale: 1 }],
    controlnetImage: 'x',
    numInferenceSteps: 4,
  };
  expect(requestToWire(request)).toEqual(toWire(generateRequestSchema, request));
});

const results: GenerateResult[] = [
  { type: 'text', text: 'x', finishReason: 'tool_calls', usage, toolCalls: [toolCall], logprobs: [{ token: 'a', logprob: -1, topLogprobs: [{ token: 'b', logprob: -2 }] }], seed: 1 },
  { type: 'image', image: 'x', images: ['x'], metadata: { num_steps: 4, innerName: { a_b: 1 } } },
  { type: 'embedding', embeddings: [[1]], dimensions: 1, usage, truncated: [0] },
  { type: 'transcription', text: 'x', segments: [{ start: 0, end: 1, text: 'x', word_count: 1 }], duration: 1 },
  { type: 'detection', objects: [{ label: 'a_b', score: 1, box: { xmin: 0, ymin: 0, xmax: 1, ymax: 1 } }] },
  { type: 'tensors', outputs: { last_hidden_state: { data: [1], shape: [1], dtype: 'float32' } } },
];

it.each(results)('reads an answer of $type as the handler gave it', (result) => {
  const envelope = { model: { id: 'a', handler: 'b', handlerVersion: '1' }, timing: { queue_ms: 1 } };
  const wire = { ...(toWire(generateResultSchema, result) as object), ...(toWire(answerEnvelopeSchema, envelope) as object) };
  expect(answerFromWire(JSON.parse(JSON.stringify(wire)) as object)).toEqual({ ...result, ...envelope });
});

const events: GenerateEvent[] = [
  { type: 'text', token: 'a', logprobs: [{ token: 'a', logprob: 0, topLogprobs: [] }] },
  { type: 'tool_call', index: 0, toolCall },
  { type: 'progress', stage: 'denoise', step: 1, steps: 2 },
  { type: 'image', index: 0, mimeType: 'image/png', data: 'x' },
];

it.each(events)('reads an event of $type', (event) => {
  expect(eventFromWire(JSON.stringify(toWire(generateEventSchema, event)))).toEqual(event as ClientEvent);
});

it('throws the error of a stream', () => {
  const error = { code: 'RUNNER_CRASHED', message: 'gone', hint: 'again', request_id: 'r' };
  expect(() => eventFromWire(JSON.stringify({ type: 'error', error, finished: true }))).toThrow(expect.objectContaining({ code: 'RUNNER_CRASHED', hint: 'again', requestId: 'r' }));
});
