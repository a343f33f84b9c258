import { createGunzip } from 'node:zlib';
import { pipeline, type Readable } from 'node:stream';
import { LlmiError } from '@llmi/core';
import type { Dispatcher } from 'undici';
import { defaultTimeoutMs, type HubSettings } from '../settings.js';
import { hubError } from './hub-error.js';
import { retryAfterMs, TransientError, waitBeforeRetry } from './transient-error.js';

const maxHops = 8;
const connectTimeoutMs = 15_000;
const checkEndpoint = 'Check the endpoint (HF_ENDPOINT) and the proxy.';
const redirects = new Set([301, 302, 303, 307, 308]);
const notNow = new Set([408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529]);

export type Headers = Record<string, string | undefined>;

/** An answer whose body has not been read. Read it, or call `discard`. */
export interface HubAnswer {
  status: number;
  headers: Headers;
  /** Headers of the answers that led here, first the hub's own. */
  hops: Headers[];
  url: URL;
  body: Readable;
}

export interface RequestOptions {
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/**
 * Talks to one hub. Redirects are followed by hand, so that the token reaches the hub's own origin only; nothing waits without an end.
 */
export class HubClient implements AsyncDisposable {
  readonly endpoint: URL;

  private constructor(
    private readonly settings: HubSettings,
    private readonly undici: typeof import('undici'),
    private readonly dispatcher: Dispatcher,
  ) {
    this.endpoint = endpointUrl(settings.endpoint);
  }

  static async open(settings: HubSettings): Promise<HubClient> {
    endpointUrl(settings.endpoint);
    const undici = await import('undici'); // costs 40 ms, which `llmi list` need not pay
    const timeout = settings.timeoutMs ?? defaultTimeoutMs;
    const options = { connect: { timeout: Math.min(timeout, connectTimeoutMs) }, headersTimeout: timeout, bodyTimeout: timeout, connections: 16 };
    const dispatcher = settings.proxy === undefined ? new undici.Agent(options) : new undici.ProxyAgent({ uri: settings.proxy, ...options });
    return new HubClient(settings, undici, dispatcher);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispatcher.destroy();
  }

  get hasToken(): boolean {
    return this.settings.token !== undefined && this.settings.token !== '';
  }

  /** Address below the endpoint; the parts are escaped, slashes inside a part too unless it is a file's path. */
  url(...parts: (string | { file: string })[]): URL {
    const escaped = parts.map((part) => (typeof part === 'string' ? encodeURIComponent(part) : part.file.split('/').map(encodeURIComponent).join('/')));
    return new URL(`${this.endpoint.href.replace(/\/+$/, '')}/${escaped.join('/')}`);
  }

  /**
   * One GET with its redirects, not tried again.
   * @throws {TransientError} for a status that says "not now"; what undici throws for a lost connection
   */
  async exchange(url: URL, { headers = {}, signal }: RequestOptions = {}): Promise<HubAnswer> {
    const hops: Headers[] = [];
    let target = url;
    for (let hop = 0; hop <= maxHops; hop++) {
      const answer = await this.undici.request(target, {
        dispatcher: this.dispatcher,
        signal,
        headers: { 'user-agent': this.settings.userAgent ?? 'llmi', ...headers, ...this.#credentials(target) },
      });
      const answered = Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]));
      answer.body.on('error', () => undefined); // a body nobody reads any more may still fail
      if (!redirects.has(answer.statusCode)) {
        if (notNow.has(answer.statusCode)) {
          discard(answer.body);
          throw new TransientError(`status ${answer.statusCode}`, { status: answer.statusCode, afterMs: retryAfterMs(answered['retry-after']) });
        }
        return { status: answer.statusCode, headers: answered, hops, url: target, body: answer.body };
      }
      await answer.body.dump({ limit: 65_536 });
      hops.push(answered);
      target = redirectTarget(answered['location'], target);
    }
    throw new LlmiError('HUB_REFUSED', { message: `${url.origin} redirects in circles.`, hint: checkEndpoint });
  }

  /**
   * The whole body of an answer, tried again after faults. More than `limitBytes` (decoded) is refused.
   * @throws {LlmiError} HUB_UNREACHABLE, HUB_REFUSED, and what the status stands for: see `hubError`
   */
  async bytes(url: URL, { limitBytes, about, signal }: { limitBytes: number; about: string; signal?: AbortSignal }): Promise<{ bytes: Buffer; headers: Headers }> {
    for (let failures = 1; ; failures++) {
      try {
        const answer = await this.exchange(url, { headers: { 'accept-encoding': 'gzip' }, signal });
        if (answer.status !== 200) throw await this.errorOf(answer, about);
        return { bytes: await readBody(answer, limitBytes, about), headers: answer.headers };
      } catch (error) {
        await waitBeforeRetry(error, failures, { origin: url.origin, signal });
      }
    }
  }

  /** Parsed JSON of an address. @throws {LlmiError} HUB_REFUSED for what is no JSON */
  async json(url: URL, options: { limitBytes: number; about: string; signal?: AbortSignal }): Promise<{ value: unknown; headers: Headers }> {
    const { bytes, headers } = await this.bytes(url, options);
    try {
      return { value: JSON.parse(bytes.toString('utf8')), headers };
    } catch (cause) {
      throw new LlmiError('HUB_REFUSED', { message: `${url.origin} answered with something that is no JSON.`, hint: checkEndpoint, cause });
    }
  }

  /** The error that an answer's status stands for; reads a little of the body for the hub's own words. */
  async errorOf(answer: HubAnswer, about: string): Promise<LlmiError> {
    const text = await readBody(answer, 65_536, about).then((bytes) => bytes.toString('utf8'), () => '');
    return hubError(answer, { about, text, endpoint: this.endpoint, hasToken: this.hasToken });
  }

  #credentials(target: URL): Record<string, string> {
    return this.hasToken && target.origin === this.endpoint.origin ? { authorization: `Bearer ${this.settings.token}` } : {};
  }
}

/** Ends an answer that will not be read. */
export function discard(body: Readable): void {
  body.on('error', () => undefined);
  body.destroy();
}

function endpointUrl(endpoint: string): URL {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url;
  throw new LlmiError('CONFIG_INVALID', {
    message: `"${endpoint}" is no address of a hub.`,
    hint: 'Set HF_ENDPOINT to an address such as https://huggingface.co.',
  });
}

function redirectTarget(location: string | undefined, from: URL): URL {
  const target = location !== undefined && URL.canParse(location, from.href) ? new URL(location, from.href) : undefined;
  const allowed = target?.protocol === 'https:' || (target?.protocol === 'http:' && from.protocol === 'http:');
  if (target && allowed) return target;
  throw new LlmiError('HUB_REFUSED', { message: `${from.origin} redirects to a place that is not secure.`, hint: checkEndpoint });
}

async function readBody({ headers, body, url }: HubAnswer, limitBytes: number, about: string): Promise<Buffer> {
  const zipped = headers['content-encoding']?.toLowerCase() === 'gzip';
  const stream = zipped ? pipeline(body, createGunzip(), () => undefined) : body;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limitBytes) {
      discard(body);
      throw new LlmiError('HUB_REFUSED', { message: `${url.origin} sends more than ${limitBytes} bytes for ${about}.`, hint: checkEndpoint });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
