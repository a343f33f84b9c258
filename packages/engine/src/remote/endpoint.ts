import { LlmiError, type ErrorCode } from '@llmi/core';
import { Agent, fetch, type FormData, type Response } from 'undici';
import type { RemoteEngine } from './remote-engine.js';

const connectMs = 5000;
const defaultTimeoutSeconds = 300;
/** An engine that failed is left alone for so long, twice as long each time. */
const shortestRestMs = 1000;
const longestRestMs = 60_000;
const longestErrorText = 64 * 1024;

export interface RemoteCall {
  method?: 'GET' | 'POST';
  /** Sent as JSON; a form is sent as it is. */
  body?: object | FormData;
  signal?: AbortSignal | undefined;
}

/** One server: its address, its key, how busy it is, and whether it works. */
export class RemoteEndpoint implements AsyncDisposable {
  /** Requests that it works on for us. */
  active = 0;
  /** Requests that it was given, for fair shares where none is busy. */
  given = 0;
  readonly weight: number;
  /** Its connections. */
  readonly agent: Agent;
  #restMs = 0;
  #resting: NodeJS.Timeout | undefined;

  constructor(
    readonly engine: RemoteEngine,
    /** Called when its rest is over: true when it works again. */
    readonly check: (endpoint: RemoteEndpoint) => Promise<boolean>,
  ) {
    const url = URL.canParse(engine.url) ? new URL(engine.url) : undefined;
    if (!url || !/^https?:$/.test(url.protocol)) {
      throw new LlmiError('CONFIG_INVALID', { message: `The address of "${engine.name}" is no http or https address.`, hint: 'Write one like http://10.0.0.5:8000', param: 'remotes' });
    }
    if (url.username !== '' || url.password !== '') {
      throw new LlmiError('CONFIG_INVALID', { message: `The address of "${engine.name}" has a password in it.`, hint: 'Give it as apiKey: addresses are shown and logged.', param: 'remotes' });
    }
    this.weight = engine.weight ?? 1;
    const silenceMs = (engine.timeoutSeconds ?? defaultTimeoutSeconds) * 1000;
    this.agent = new Agent({ connect: { timeout: connectMs }, headersTimeout: silenceMs, bodyTimeout: silenceMs });
  }

  /** Address without the path of the OpenAI API. */
  get root(): string {
    return this.engine.url.replace(/\/v1$/, '');
  }

  /** Where it is, for people. */
  get place(): string {
    return new URL(this.engine.url).host;
  }

  get isResting(): boolean {
    return this.#resting !== undefined;
  }

  /** It failed: others are asked until a check finds that it works again. */
  failed(): void {
    if (this.#resting) return;
    this.#restMs = Math.min(longestRestMs, Math.max(shortestRestMs, this.#restMs * 2));
    this.#resting = setTimeout(() => {
      void this.check(this).then((works) => {
        this.#resting = undefined;
        if (!works) this.failed();
      });
    }, this.#restMs);
    this.#resting.unref();
  }

  worked(): void {
    clearTimeout(this.#resting);
    this.#resting = undefined;
    this.#restMs = 0;
  }

  /** The successful answer of a call. @throws {LlmiError} REMOTE_UNREACHABLE, REMOTE_FAILED, and what the engine says in codes of ours */
  async send(path: string, call: RemoteCall = {}): Promise<Response> {
    const response = await this.fetch(`${this.root}${path}`, call);
    if (!response.ok) throw await this.#errorOf(response, path);
    return response;
  }

  async fetch(url: string, { method = 'POST', body, signal }: RemoteCall): Promise<Response> {
    const isForm = body?.constructor.name === 'FormData';
    try {
      return await fetch(url, {
        method,
        headers: {
          ...(body && !isForm ? { 'content-type': 'application/json' } : {}),
          ...(this.engine.apiKey === undefined ? {} : { authorization: `Bearer ${this.engine.apiKey}` }),
        },
        ...(body ? { body: isForm ? (body as FormData) : JSON.stringify(body) } : {}),
        redirect: 'error', // the key is for this server alone
        dispatcher: this.agent,
        ...(signal ? { signal } : {}),
      });
    } catch (error) {
      throw this.connectionError(error, signal);
    }
  }

  /** The chunks of a body, a broken connection told as such. */
  async *chunks(response: Response, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    try {
      if (response.body) yield* response.body;
    } catch (error) {
      throw this.connectionError(error, signal);
    }
  }

  connectionError(error: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted) return signal.reason;
    const { code, message } = ((error as Error).cause ?? error) as { code?: string; message?: string };
    return new LlmiError('REMOTE_UNREACHABLE', {
      message: `The engine of ${this.engine.name} does not answer (${code ?? message ?? 'no connection'}).`,
      hint: 'Check that it runs, and its address.',
      cause: error,
    });
  }

  async #errorOf(response: Response, path: string): Promise<LlmiError> {
    const { status } = response;
    const text = (await response.text().catch(() => '')).slice(0, longestErrorText);
    const { message, code, param } = theirError(text);
    const said = message ?? `status ${status}`;
    return new LlmiError(codeOf(status, code), {
      message: `The engine of ${this.engine.name}: ${said}${/[.!?]$/.test(said) ? '' : '.'}`,
      hint: hintOf(status, path, this.engine.name),
      param,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#resting);
    await this.agent.destroy();
  }
}

/** OpenAI's `{error: {message, code, param}}`, FastAPI's `{detail}`, TEI's `{error}`, or nothing that can be read. */
function theirError(text: string): { message?: string; code?: string; param?: string } {
  try {
    const { error, detail, message } = JSON.parse(text) as { error?: unknown; detail?: unknown; message?: unknown };
    if (typeof error === 'object' && error !== null) {
      const { message: said, code, param } = error as Record<string, unknown>;
      return { ...asText('message', said), ...asText('code', code), ...asText('param', param) };
    }
    return asText('message', [error, message, typeof detail === 'object' ? JSON.stringify(detail) : detail].find((value) => typeof value === 'string'));
  } catch {
    return {};
  }
}

function asText<Key extends string>(key: Key, value: unknown): { [key in Key]?: string } {
  return typeof value === 'string' && value !== '' ? ({ [key]: value.slice(0, 2000) } as { [key in Key]?: string }) : {};
}

function codeOf(status: number, code: string | undefined): ErrorCode {
  if (code === 'context_length_exceeded') return 'CONTEXT_LENGTH_EXCEEDED';
  if (status === 400) return 'INPUT_INVALID';
  if (status === 404 || status === 405 || status === 501) return 'TASK_UNSUPPORTED';
  if (status === 413) return 'PAYLOAD_TOO_LARGE';
  if (status === 422) return 'INPUT_UNSUPPORTED';
  if (status === 429) return 'QUEUE_FULL';
  return 'REMOTE_FAILED';
}

function hintOf(status: number, path: string, name: string): string {
  if (status === 401 || status === 403) return 'Its key is missing or wrong: see the remote engines of "llmi serve --help".';
  if (status === 404 || status === 405 || status === 501) return `It has no ${path}, or no such model: ask another model for this.`;
  if (status === 429) return 'Try again in a few seconds.';
  return status >= 500 ? `Look into the log of ${name}.` : 'Change the request as it says.';
}
