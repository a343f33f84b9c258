import { doneEvent, type GenerateEvent, type GenerateRequest, type GenerateResult } from '@llmi/core';
import { startServer } from '@llmi/server';
import { onTestFinished } from 'vitest';
import { fakeEngine, textResult, type FakeEngine, type FakeEngineOptions } from '../../../apps/server/test/fake-engine.js';
import { createLlmi, type LlmiProvider } from '../src/index.js';

/** The real server over an engine that does as a test says, and a provider for it. */
export async function served(behaviour?: FakeEngineOptions['behaviour']): Promise<{ llmi: LlmiProvider; engine: FakeEngine }> {
  const engine = fakeEngine(behaviour ? { behaviour } : {});
  const server = await startServer({ engine, version: '1.0.0', port: 0, drainMs: 50 });
  onTestFinished(() => server.close());
  return { llmi: createLlmi({ baseUrl: server.url }), engine };
}

/** Gives one result, whatever is asked. */
export function giving(result: GenerateResult) {
  return async function* (): AsyncIterable<GenerateEvent> {
    yield doneEvent(result);
  };
}

/** Thinks, speaks and calls a tool; once the tool has answered, says what it gave. */
export async function* asksATool(request: GenerateRequest): AsyncIterable<GenerateEvent> {
  const last = request.messages?.at(-1);
  if (last?.role === 'tool') {
    const text = `It is ${String(last.content)}.`;
    yield { type: 'text', token: text };
    yield doneEvent(textResult(text, request));
    return;
  }
  const toolCalls = [{ id: 'call_a', type: 'function' as const, function: { name: 'weather', arguments: '{"city":"Paris"}' } }];
  yield { type: 'reasoning', token: 'Let me see.' };
  yield { type: 'text', token: 'I look.' };
  yield { type: 'tool_call', index: 0, toolCall: toolCalls[0]! };
  yield doneEvent({ ...(textResult('I look.', request) as Extract<GenerateResult, { type: 'text' }>), finishReason: 'tool_calls', reasoning: 'Let me see.', toolCalls });
}
