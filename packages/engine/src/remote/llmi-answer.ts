import { LlmiClient, LlmiClientError } from '@llmi/client';
import { doneEvent, errorKinds, LlmiError, type ErrorCode, type GenerateEvent, type GenerateRequest } from '@llmi/core';
import { fetch } from 'undici';
import type { RemoteEndpoint } from './endpoint.js';

/** A client of another llmi, over the connections of its endpoint. */
export function llmiClient({ root, engine, agent }: RemoteEndpoint): LlmiClient {
  const over = (input: Parameters<typeof fetch>[0], init?: Parameters<typeof fetch>[1]) => fetch(input, { ...init, dispatcher: agent, redirect: 'error' });
  return new LlmiClient({ baseUrl: root, apiKey: engine.apiKey, maxRetries: 0, fetch: over as unknown as typeof globalThis.fetch });
}

/** What another llmi answers: every kind of request, and every event, as that one makes them. */
export async function* llmiAnswer(endpoint: RemoteEndpoint, model: string, request: GenerateRequest, signal: AbortSignal | undefined): AsyncGenerator<GenerateEvent> {
  try {
    for await (const event of llmiClient(endpoint).stream({ ...request, model }, { signal })) {
      if (event.type !== 'done') {
        yield event;
        continue;
      }
      const { model: _answered, timing, ...result } = event.answer;
      yield doneEvent(result, timing);
    }
  } catch (error) {
    throw error instanceof LlmiClientError ? translated(endpoint, error) : error;
  }
}

/** That our key is refused, or that the other one is broken, is no fault of whoever asks us. */
function translated({ engine: { name } }: RemoteEndpoint, { code, message, hint, param, cause }: LlmiClientError): LlmiError {
  if (code === 'CONNECTION_FAILED') return new LlmiError('REMOTE_UNREACHABLE', { message: `The engine of ${name} does not answer.`, hint: 'Check that it runs, and its address.', cause });
  const isOurs = code !== 'ANSWER_INVALID' && code !== 'UNAUTHORIZED' && code !== 'FORBIDDEN' && code in errorKinds;
  return new LlmiError(isOurs ? (code as ErrorCode) : 'REMOTE_FAILED', { message: `The engine of ${name}: ${message}`, hint, param, cause });
}
