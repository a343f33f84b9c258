import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Engine } from '@llmi/engine';

/** Seconds, from a token to a film. */
const durations = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];
const perSecond = [0.1, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000];

/** How an answer came about, once it is done. Durations in seconds. */
export interface Answered {
  model: string;
  operation: string;
  queue: number;
  load: number;
  total: number;
  firstToken?: number;
  promptTokens: number;
  cachedTokens: number;
  completionTokens: number;
  /** Denoising steps, where there were any. */
  steps: number;
}

/** What Prometheus reads. Names of requests to models: https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/ */
export class Metrics {
  readonly #registry = new Registry();
  readonly #http = this.#histogram('http_server_request_duration_seconds', 'Duration of HTTP requests, streams to their end.', ['http_request_method', 'http_route', 'http_response_status_code']);
  readonly #errors = new Counter({ name: 'llmi_errors_total', help: 'Error replies and failed streams, by code.', labelNames: ['code'], registers: [this.#registry] });
  readonly #request = this.#histogram('gen_ai_server_request_duration_seconds', 'Duration of requests to a model, waiting included.', ['gen_ai_request_model', 'gen_ai_operation_name', 'error_type']);
  readonly #firstToken = this.#histogram('gen_ai_server_time_to_first_token_seconds', 'Time to the first token, waiting included.', ['gen_ai_request_model']);
  readonly #tokenTime = this.#histogram('gen_ai_server_time_per_output_token_seconds', 'Time per token after the first.', ['gen_ai_request_model']);
  readonly #tokens = new Counter({ name: 'gen_ai_server_token_usage_total', help: 'Tokens read and written.', labelNames: ['gen_ai_request_model', 'gen_ai_token_type'], registers: [this.#registry] });
  readonly #cached = new Counter({ name: 'llmi_prompt_cached_tokens_total', help: 'Tokens of prompts that were found in the cache.', labelNames: ['gen_ai_request_model'], registers: [this.#registry] });
  readonly #tokenSpeed = this.#histogram('llmi_output_tokens_per_second', 'Speed of an answer after its first token.', ['gen_ai_request_model'], perSecond);
  readonly #stepSpeed = this.#histogram('llmi_denoising_steps_per_second', 'Speed of pictures and films, waiting left out.', ['gen_ai_request_model'], perSecond);
  readonly #queue = this.#histogram('llmi_queue_seconds', 'Time a request waited for its turn.', ['gen_ai_request_model']);
  readonly #load = this.#histogram('llmi_load_seconds', 'Time a request waited for its model to load, where it had to.', ['gen_ai_request_model']);

  constructor(engine: Pick<Engine, 'loaded'>, activeRequests: () => number) {
    collectDefaultMetrics({ register: this.#registry });
    const registers = [this.#registry];
    new Gauge({
      name: 'llmi_requests_in_work',
      help: 'Requests that the server works on, waiting ones included.',
      registers,
      collect() {
        this.set(activeRequests());
      },
    });
    const perModel = (name: string, help: string, value: (status: ReturnType<Engine['loaded']>[number]) => number) =>
      new Gauge({
        name,
        help,
        labelNames: ['gen_ai_request_model'],
        registers,
        collect() {
          this.reset(); // models come and go
          for (const status of engine.loaded()) this.set({ gen_ai_request_model: status.name }, value(status));
        },
      });
    perModel('llmi_model_requests_active', 'Requests that a model works on.', ({ active }) => active);
    perModel('llmi_model_requests_waiting', 'Requests that wait for a model.', ({ waiting }) => waiting);
    perModel('llmi_model_memory_bytes', 'Resident memory of the process of a model.', ({ memoryBytes }) => memoryBytes ?? 0);
    perModel('llmi_model_ready', '1 for a model that is loaded, 0 while it loads or leaves.', ({ state }) => Number(state === 'ready'));
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  http(method: string, route: string, status: number, seconds: number): void {
    this.#http.observe({ http_request_method: method, http_route: route, http_response_status_code: status }, seconds);
  }

  error(code: string): void {
    this.#errors.inc({ code });
  }

  failed(model: string, operation: string, code: string, seconds: number): void {
    this.#request.observe({ gen_ai_request_model: model, gen_ai_operation_name: operation, error_type: code }, seconds);
  }

  answered({ model, operation, queue, load, total, firstToken, promptTokens, cachedTokens, completionTokens, steps }: Answered): void {
    const labels = { gen_ai_request_model: model };
    this.#request.observe({ ...labels, gen_ai_operation_name: operation, error_type: '' }, total);
    this.#queue.observe(labels, queue);
    if (load > 0.001) this.#load.observe(labels, load);
    this.#tokens.inc({ ...labels, gen_ai_token_type: 'input' }, promptTokens);
    this.#tokens.inc({ ...labels, gen_ai_token_type: 'output' }, completionTokens);
    this.#cached.inc(labels, cachedTokens);
    if (steps > 0) this.#stepSpeed.observe(labels, steps / Math.max(1e-6, total - queue - load));
    if (firstToken === undefined) return;
    this.#firstToken.observe(labels, firstToken);
    const rest = total - firstToken;
    if (completionTokens < 2 || rest <= 0) return;
    this.#tokenTime.observe(labels, rest / (completionTokens - 1));
    this.#tokenSpeed.observe(labels, (completionTokens - 1) / rest);
  }

  #histogram<Label extends string>(name: string, help: string, labelNames: Label[], buckets = durations): Histogram<Label> {
    return new Histogram({ name, help, labelNames, buckets, registers: [this.#registry] });
  }
}
