import type { GenerateRequest, ResultType } from '@llmi/core';
import type { Answer, AnswerOfTask, Capabilities, ClientEvent, Health, ModelDetails, ModelList, ModelStatus, Upload } from './answers.js';
import { LlmiClientError } from './errors.js';
import { chunksOf, readEvents } from './event-stream.js';
import { orConnectionError, send, sendJson, type TransportSettings } from './transport.js';
import { answerFromWire, eventFromWire, objectFromWire, requestToWire } from './wire.js';

export interface ClientOptions {
  /** Address of the server; default: http://127.0.0.1:8000. */
  baseUrl?: string;
  apiKey?: string;
  /** The model of requests that name none; otherwise the server chooses. */
  model?: string;
  /** Attempts after the first one, where another may succeed; default 2. */
  maxRetries?: number;
  /** Milliseconds before the first retry where the server does not say; default 500. */
  retryDelayMs?: number;
  headers?: Record<string, string>;
  /** In place of the global one. */
  fetch?: typeof fetch;
}

export interface CallOptions {
  /** Aborting ends the work on the server, too; the call rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** The native API of an llmi server. */
export class LlmiClient {
  readonly #settings: TransportSettings;
  readonly #model: string | undefined;

  constructor({ baseUrl = 'http://127.0.0.1:8000', apiKey, model, maxRetries = 2, retryDelayMs = 500, headers = {}, fetch = globalThis.fetch.bind(globalThis) }: ClientOptions = {}) {
    this.#settings = { baseUrl: baseUrl.replace(/\/+$/, ''), apiKey, headers, fetch, maxRetries, retryDelayMs };
    this.#model = model;
  }

  /** The whole answer, of the kind that the request's task says. */
  async generate<const Task extends string | undefined = undefined>(request: GenerateRequest & { task?: Task }, { signal }: CallOptions = {}): Promise<AnswerOfTask<Task>> {
    return answerFromWire(await this.#post('/generate', this.#withModel(request), signal)) as AnswerOfTask<Task>;
  }

  /** The events of a request as they come. Leaving the loop ends the work. @throws {LlmiClientError} */
  async *stream(request: GenerateRequest, { signal }: CallOptions = {}): AsyncGenerator<ClientEvent, void, undefined> {
    const { baseUrl } = this.#settings;
    const response = await send(this.#settings, { method: 'POST', path: '/generate/stream', body: this.#withModel(request), signal });
    const events = readEvents(chunksOf(response.body!));
    try {
      for (;;) {
        const next = await orConnectionError(() => events.next(), baseUrl, signal);
        if (next.done) break;
        const event = eventFromWire(next.value);
        yield event;
        if (event.type === 'done') return;
      }
    } finally {
      await events.return(undefined);
    }
    throw new LlmiClientError('CONNECTION_FAILED', { message: 'The stream ended before the answer was complete.', hint: 'Ask again; the log of the server may tell why.' });
  }

  async generateText(request: GenerateRequest | string, options?: CallOptions): Promise<Answer<'text' | 'multimodal_response'>> {
    return this.#answer(typeof request === 'string' ? { prompt: request } : request, options, 'text', 'multimodal_response');
  }

  async generateImage(request: GenerateRequest, options?: CallOptions): Promise<Answer<'image'>> {
    return this.#answer(request, options, 'image');
  }

  async generateVideo(request: GenerateRequest, options?: CallOptions): Promise<Answer<'video'>> {
    return this.#answer(request, options, 'video');
  }

  async generateSpeech(request: GenerateRequest, options?: CallOptions): Promise<Answer<'audio'>> {
    return this.#answer(request, options, 'audio');
  }

  async transcribe(request: GenerateRequest, options?: CallOptions): Promise<Answer<'transcription'>> {
    return this.#answer(request, options, 'transcription');
  }

  async embed(request: GenerateRequest, options?: CallOptions): Promise<Answer<'embedding'>> {
    return this.#answer(request, options, 'embedding');
  }

  async rerank(request: GenerateRequest, options?: CallOptions): Promise<Answer<'rerank'>> {
    return this.#answer(request, options, 'rerank');
  }

  /** Every model that can be asked for. */
  async models({ signal }: CallOptions = {}): Promise<ModelList> {
    return this.#get('/models', signal);
  }

  /** One model: what it is, where it runs. */
  async info(model = this.#model, { signal }: CallOptions = {}): Promise<ModelDetails> {
    return this.#get(`/info${query(model)}`, signal);
  }

  /** What a model takes and makes. */
  async capabilities(model = this.#model, { signal }: CallOptions = {}): Promise<Capabilities> {
    return this.#get(`/capabilities${query(model)}`, signal);
  }

  /** Takes a model into memory, so that its first request need not wait. */
  async load(model: string, { signal }: CallOptions = {}): Promise<ModelStatus & { model: string }> {
    return objectFromWire(await this.#post('/models/load', { model }, signal));
  }

  /** Takes a model out of memory, once its work is done; with `force` at once. */
  async unload(model: string, { signal, force = false }: CallOptions & { force?: boolean } = {}): Promise<{ model: string; unloaded: boolean }> {
    return objectFromWire(await this.#post('/models/unload', { model, force }, signal));
  }

  /** Keeps a picture, sound or film on the server for an hour, so that requests can name it by its id. */
  async upload(file: Blob, { signal }: CallOptions = {}): Promise<Upload> {
    const form = new FormData();
    form.append('file', file, file instanceof File ? file.name : 'file');
    return objectFromWire(await this.#post('/upload', form, signal));
  }

  async health({ signal }: CallOptions = {}): Promise<Health> {
    return this.#get('/health', signal);
  }

  /** True when the server can answer requests. @throws {LlmiClientError} when there is no server */
  async isReady({ signal }: CallOptions = {}): Promise<boolean> {
    try {
      await sendJson({ ...this.#settings, maxRetries: 0 }, { method: 'GET', path: '/ready', signal });
      return true;
    } catch (error) {
      if (error instanceof LlmiClientError && error.status === 503) return false;
      throw error;
    }
  }

  async #answer<Type extends ResultType>(request: GenerateRequest, options: CallOptions | undefined, ...types: Type[]): Promise<Answer<Type>> {
    const answer: Answer = await this.generate<undefined>(request as GenerateRequest & { task?: undefined }, options);
    if (types.includes(answer.type as Type)) return answer as Answer<Type>;
    throw new LlmiClientError('TASK_UNSUPPORTED', {
      message: `This model answers with "${answer.type}", not with ${types.map((type) => `"${type}"`).join(' or ')}.`,
      hint: 'capabilities() says what a model makes.',
    });
  }

  #withModel(request: GenerateRequest): object {
    return requestToWire(this.#model === undefined ? request : { model: this.#model, ...request });
  }

  #post(path: string, body: object, signal: AbortSignal | undefined): Promise<object> {
    return sendJson(this.#settings, { method: 'POST', path, body, signal });
  }

  async #get<Result>(path: string, signal: AbortSignal | undefined): Promise<Result> {
    return objectFromWire(await sendJson(this.#settings, { method: 'GET', path, signal }));
  }
}

const query = (model: string | undefined) => (model === undefined ? '' : `?model=${encodeURIComponent(model)}`);
