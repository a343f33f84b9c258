import { errorOf, LlmiClientError } from './errors.js';
import { withRetries, type RetrySettings } from './retry.js';

export interface TransportSettings extends RetrySettings {
  baseUrl: string;
  apiKey: string | undefined;
  headers: Record<string, string>;
  fetch: typeof fetch;
}

export interface Call {
  method: 'GET' | 'POST';
  path: string;
  /** Sent as JSON; a form is sent as it is. */
  body?: object | FormData;
  signal?: AbortSignal | undefined;
}

/** The successful answer of a call. An aborted one rejects with the signal's reason. @throws {LlmiClientError} */
export function send(settings: TransportSettings, call: Call): Promise<Response> {
  return withRetries(() => sendOnce(settings, call), settings, call.signal);
}

async function sendOnce({ baseUrl, apiKey, headers, fetch }: TransportSettings, { method, path, body, signal }: Call): Promise<Response> {
  signal?.throwIfAborted();
  const isForm = body instanceof FormData;
  const response = await orConnectionError(
    () =>
      fetch(`${baseUrl}${path}`, {
        method,
        headers: {
          ...(body && !isForm ? { 'content-type': 'application/json' } : {}),
          ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
          ...headers,
        },
        ...(body ? { body: isForm ? body : JSON.stringify(body) } : {}),
        ...(signal ? { signal } : {}),
      }),
    baseUrl,
    signal,
  );
  if (!response.ok) throw await errorOf(response);
  return response;
}

/** The JSON of a call. */
export async function sendJson<Answer>(settings: TransportSettings, call: Call): Promise<Answer> {
  const response = await send(settings, call);
  const text = await orConnectionError(() => response.text(), settings.baseUrl, call.signal);
  try {
    return JSON.parse(text) as Answer;
  } catch (cause) {
    throw new LlmiClientError('ANSWER_INVALID', { message: 'The answer is no JSON.', hint: 'Check the address: it is not that of an llmi server.', status: response.status, cause });
  }
}

/** Runs work on the network: an abort rejects with the signal's reason, anything else with one kind of error. */
export async function orConnectionError<Result>(work: () => Promise<Result>, baseUrl: string, signal: AbortSignal | undefined): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    throw new LlmiClientError('CONNECTION_FAILED', {
      message: `There is no connection to ${baseUrl}.`,
      hint: 'Start the server with "llmi serve", or check its address.',
      cause,
    });
  }
}
