import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { LlmiError } from '@llmi/core';
import type { LogEntry } from '@llmi/engine';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { failing, fakeEngine, hang } from './fake-engine.js';
import { injected, listening, until } from './harness.js';

const spans = new InMemorySpanExporter();
const chat = { method: 'POST', url: '/v1/chat/completions', payload: { model: 'org/one', messages: [{ role: 'user', content: 'a b c d' }], temperature: 0.5, max_tokens: 9 } } as const;
const named = (name: string) => spans.getFinishedSpans().filter((span) => span.name === name);
const only = (name: string): ReadableSpan => {
  expect(spans.getFinishedSpans().map((span) => span.name)).toContain(name);
  return named(name)[0]!;
};

beforeAll(() => {
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }));
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
});
afterAll(() => {
  trace.disable();
  propagation.disable();
  context.disable();
});
beforeEach(() => spans.reset());

describe('traces', () => {
  it('have the request, the answer and its parts, within the trace that the client tells of', async () => {
    const entries: LogEntry[] = [];
    const app = await injected({ log: (entry) => entries.push(entry) });
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    await app.inject({ ...chat, headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } });
    const request = only('POST /v1/chat/completions');
    expect(request).toMatchObject({ kind: SpanKind.SERVER, attributes: { 'http.request.method': 'POST', 'http.route': '/v1/chat/completions', 'http.response.status_code': 200 }, parentSpanContext: { spanId: 'b7ad6b7169203331' } });
    const answer = only('chat org/one');
    expect(answer.parentSpanContext?.spanId).toBe(request.spanContext().spanId);
    expect(answer.attributes).toMatchObject({ 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'org/one', 'gen_ai.request.temperature': 0.5, 'gen_ai.request.max_tokens': 9, 'gen_ai.usage.input_tokens': 5, 'gen_ai.usage.output_tokens': 4, 'gen_ai.response.finish_reasons': ['stop'] });
    expect(answer.events.map(({ name }) => name)).toEqual(['first token']);
    for (const part of spans.getFinishedSpans().filter(({ name }) => ['queue', 'load', 'generate'].includes(name))) expect(part.parentSpanContext?.spanId).toBe(answer.spanContext().spanId);
    expect(new Set(spans.getFinishedSpans().map((span) => span.spanContext().traceId))).toEqual(new Set([traceId]));
    expect(entries.find(({ message }) => message === 'request')).toMatchObject({ trace_id: traceId });
  });

  it('hold nothing of prompts and answers', async () => {
    const app = await injected();
    await app.inject({ ...chat, payload: { ...chat.payload, messages: [{ role: 'user', content: 'my secret' }] } });
    expect(JSON.stringify(spans.getFinishedSpans().map(({ attributes, events, name }) => ({ attributes, events, name })))).not.toContain('secret');
  });

  it('tell of failures by their codes', async () => {
    const engine = fakeEngine();
    engine.behave(failing(new LlmiError('RUNNER_CRASHED', { message: 'It crashed.' })));
    const app = await injected({ engine, apiKeys: ['k'] });
    await app.inject({ ...chat, headers: { 'x-api-key': 'k' } });
    expect(only('chat org/one')).toMatchObject({ status: { code: SpanStatusCode.ERROR }, attributes: { 'error.type': 'RUNNER_CRASHED' } });
    expect(only('POST /v1/chat/completions')).toMatchObject({ status: { code: SpanStatusCode.ERROR }, attributes: { 'http.response.status_code': 503, 'error.type': 'RUNNER_CRASHED' } });
    spans.reset();
    await app.inject(chat);
    expect(only('POST /v1/chat/completions')).toMatchObject({ status: { code: SpanStatusCode.UNSET }, attributes: { 'http.response.status_code': 401, 'error.type': 'UNAUTHORIZED' } });
    expect(named('chat org/one')).toEqual([]);
  });

  it('end when the client goes away', async () => {
    const { url, engine } = await listening({ engine: fakeEngine({ behaviour: hang }) });
    const controller = new AbortController();
    const asked = fetch(url + chat.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(chat.payload), signal: controller.signal }).catch(() => {});
    await until(() => engine.active === 1);
    controller.abort();
    await asked;
    await until(() => named('chat org/one').length === 1);
    expect(only('chat org/one').attributes).toMatchObject({ 'error.type': 'CANCELLED' });
  });
});
