import { createGunzip } from 'node:zlib';
import { pipeline, Readable } from 'node:stream';
import { LlmiError } from '@llmi/core';
import type { Dispatcher } from 'undici';
import { defaultTimeoutMs, type HubSettings } from '../settings.js';
import { hubError } from './hub-error.js';
import type { ResponseBody } from './response-body.js';
import { send, type Answer, type Headers } from './send.js';
import { retryAfterMs, TransientError, waitBeforeRetry } from './transient-error.js';

const maxHops = 8;
const maxConnections = 16; // to one host
const connectTimeoutMs = 15_000;
const checkEndpoint = 'Check the endpoint (HF_ENDPOINT) and the proxy.';
const maxIgnoredBytes = 65_536;
const redirects = new Set([301, 302, 303, 307, 308]);
const notNow = new Set([408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529]);

/** An answer whose body has not been read. Read it, or discard it. */
export interface HubAnswer extends Answer {
  /** Headers of the answers that led here, first the hub's own. */
  hops: Headers[];
  url: URL;
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
    private readonly dispatcher: Dispatcher,
  ) {
    this.endpoint = endpointUrl(settings.endpoint);
  }

  static async open(settings: HubSettings): Promise<HubClient> {
    endpointUrl(settings.endpoint);
    const { Agent, ProxyAgent } = await import('undici'); // costs 40 ms, which `llmi list` need not pay
    const timeout = Math.min(settings.timeoutMs ?? defaultTimeoutMs, connectTimeoutMs);
    const { proxy } = settings;
    if (proxy === undefined) return new HubClient(settings, new Agent({ connect: { timeout }, connections: maxConnections }));
    if (!/^https?:$/.test(URL.canParse(proxy) ? new URL(proxy).protocol : '')) {
      throw new LlmiError('CONFIG_INVALID', { message: 'The proxy is no http or https address.', hint: 'Set it to an address such as http://proxy.example:3128.' });
    }
    const [proxyTls, requestTls] = [{ timeout }, { timeout }];
    return new HubClient(settings, new ProxyAgent({ uri: proxy, proxyTls, requestTls, connections: maxConnections }));
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
      const answer = await send(this.dispatcher, target, {
        headers: { 'user-agent': this.settings.userAgent ?? 'llmi', ...headers, ...this.#credentials(target) },
        timeoutMs: this.settings.timeoutMs ?? defaultTimeoutMs,
        signal,
      });
      if (!redirects.has(answer.status)) {
        if (notNow.has(answer.status)) {
          answer.body.discard();
          throw new TransientError(`status ${answer.status}`, { status: answer.status, afterMs: retryAfterMs(answer.headers) });
        }
        return { ...answer, hops, url: target };
      }
      await readThrough(answer.body);
      hops.push(answer.headers);
      target = redirectTarget(answer.headers['location'], target);
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

/** Takes the few bytes of an answer that only points elsewhere, so that its connection can be used again. */
async function readThrough(body: ResponseBody): Promise<void> {
  let bytes = 0;
  for await (const batch of body) {
    for (const chunk of batch) bytes += chunk.length;
    if (bytes > maxIgnoredBytes) return;
  }
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
  const plain = Readable.from(chunksOf(body));
  const stream = headers['content-encoding']?.toLowerCase() === 'gzip' ? pipeline(plain, createGunzip(), () => undefined) : plain;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limitBytes) {
      throw new LlmiError('HUB_REFUSED', { message: `${url.origin} sends more than ${limitBytes} bytes for ${about}.`, hint: checkEndpoint });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function* chunksOf(body: ResponseBody): AsyncGenerator<Buffer> {
  for await (const batch of body) yield* batch;
}
