import { doneEvent, type GenerateEvent, type GenerateRequest, type GenerateResult, type ToolCall } from '@llmi/core';
import { textResult } from './fake-engine.js';

/** What a model does that thinks, speaks and calls two tools. */
export async function* thinkAndCall(request: GenerateRequest): AsyncIterable<GenerateEvent> {
  const toolCalls = [toolCall('call_a', 'weather', '{"city":"Paris"}'), toolCall('call_b', 'time', '{}')];
  yield { type: 'reasoning', token: 'Let me ' };
  yield { type: 'reasoning', token: 'see.' };
  yield { type: 'text', token: 'I look.' };
  for (const [index, call] of toolCalls.entries()) yield { type: 'tool_call', index, toolCall: call };
  yield doneEvent({ ...(textResult('I look.', request) as Extract<GenerateResult, { type: 'text' }>), finishReason: 'tool_calls', reasoning: 'Let me see.', toolCalls });
}

export function toolCall(id: string, name: string, args: string): ToolCall {
  return { id, type: 'function', function: { name, arguments: args } };
}

/** Gives one result at once, whatever is asked. */
export function giving(result: GenerateResult) {
  return async function* (): AsyncIterable<GenerateEvent> {
    yield doneEvent(result);
  };
}

/** A picture of one pixel. */
export const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==';
