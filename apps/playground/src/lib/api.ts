import { signal } from '@preact/signals';
import type { RequestBody, StreamEvent } from './types';

/** Kept in memory: it is gone with the page. */
export const apiKey = signal('');
/** The server asked for a key, and the one given (if any) is not it. */
export const isKeyWanted = signal(false);

/** What the server says went wrong, and what to do about it. */
export class ServerError extends Error {
  constructor(
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}

interface AskOptions {
  method?: 'GET' | 'POST' | 'DELETE';
  body?: unknown;
  signal?: AbortSignal;
}

/** @throws {ServerError} */
export async function ask(path: string, { method = 'GET', body, signal }: AskOptions = {}): Promise<Response> {
  const headers = { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...(apiKey.value === '' ? {} : { authorization: `Bearer ${apiKey.value}` }) };
  const reply = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal });
  if (reply.ok) {
    isKeyWanted.value = false;
    return reply;
  }
  if (reply.status === 401) isKeyWanted.value = true;
  const { error } = (await reply.json().catch(() => ({ error: undefined }))) as { error?: { message: string; hint?: string } | string };
  if (typeof error === 'object') throw new ServerError(error.message, error.hint);
  throw new ServerError(error ?? `The server answered with status ${reply.status}.`);
}

export async function askJson<Reply>(path: string, options?: AskOptions): Promise<Reply> {
  return (await (await ask(path, options)).json()) as Reply;
}

/** The events of one request. @throws {ServerError} also for an `error` event; AbortError when it is stopped */
export async function* generate(body: RequestBody, signal: AbortSignal): AsyncGenerator<Exclude<StreamEvent, { type: 'error' }>> {
  const reply = await ask('generate/stream', { method: 'POST', body, signal });
  for await (const data of frames(reply)) {
    const event = JSON.parse(data) as StreamEvent;
    if (event.type === 'error') throw new ServerError(event.error.message, event.error.hint);
    yield event;
  }
}

/** The `data:` of server-sent events. */
async function* frames(reply: Response): AsyncGenerator<string> {
  let rest = '';
  for await (const text of texts(reply)) {
    const parts = (rest + text).split('\n\n');
    rest = parts.pop()!;
    for (const part of parts) if (part.startsWith('data: ')) yield part.slice(6);
  }
}

/** Lines of a reply, as they come. */
export async function* lines(reply: Response): AsyncGenerator<string> {
  let rest = '';
  for await (const text of texts(reply)) {
    const parts = (rest + text).split('\n');
    rest = parts.pop()!;
    yield* parts.filter((part) => part !== '');
  }
  if (rest !== '') yield rest;
}

async function* texts(reply: Response): AsyncGenerator<string> {
  const reader = reply.body!.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    yield value;
  }
}
