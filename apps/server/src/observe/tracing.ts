import type { IncomingHttpHeaders } from 'node:http';
import { context, propagation, SpanKind, SpanStatusCode, trace, type Attributes, type Context, type Span } from '@opentelemetry/api';
import { LlmiError, type GenerateRequest } from '@llmi/core';
import type { AnsweredEvent } from '@llmi/engine';
import packageJson from '../../package.json' with { type: 'json' };

/*
 * Traces for OpenTelemetry, where the program has set up an SDK; without one every call here does nothing. Names are those of the
 * semantic conventions: https://opentelemetry.io/docs/specs/semconv/http/http-spans and .../gen-ai/gen-ai-spans. Neither prompts nor
 * answers are recorded.
 */
const tracer = () => trace.getTracer(packageJson.name, packageJson.version);

/** A request on its way, and where its parts belong. */
export interface RequestTrace {
  context: Context;
  /** Ours to end: undefined where the program has a span of its own for the request. */
  span: Span | undefined;
}

/** Begins the trace of a request, as part of the one that its client tells of. */
export function traceRequest(method: string, route: string | undefined, headers: IncomingHttpHeaders): RequestTrace {
  if (trace.getActiveSpan()) return { context: context.active(), span: undefined };
  const parent = propagation.extract(context.active(), headers);
  const attributes: Attributes = { 'http.request.method': method, ...(route === undefined ? {} : { 'http.route': route }) };
  const span = tracer().startSpan(route === undefined ? method : `${method} ${route}`, { kind: SpanKind.SERVER, attributes }, parent);
  return { context: trace.setSpan(parent, span), span };
}

/** What a log entry says of the trace, so that one leads to the other. */
export function traceFields(request: RequestTrace | undefined): { trace_id?: string } {
  const spanContext = request && trace.getSpanContext(request.context);
  return spanContext && trace.isSpanContextValid(spanContext) ? { trace_id: spanContext.traceId } : {};
}

export function endRequestTrace(request: RequestTrace | undefined, status: number, errorCode: string | undefined): void {
  const span = request?.span;
  if (!span) return;
  span.setAttribute('http.response.status_code', status);
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  if (errorCode !== undefined) span.setAttribute('error.type', errorCode);
  span.end();
}

/** One answer of a model in a trace. */
export class AnswerTrace {
  readonly #span: Span;
  readonly #context: Context;
  readonly #start = Date.now();

  constructor(operation: string, model: string, request: GenerateRequest, parent: RequestTrace | undefined) {
    const within = parent?.context ?? context.active();
    this.#span = tracer().startSpan(`${operation} ${model}`, { kind: SpanKind.INTERNAL, attributes: requestAttributes(operation, model, request), startTime: this.#start }, within);
    this.#context = trace.setSpan(within, this.#span);
  }

  /** The answer is there: what it took, and how long it waited, loaded and worked. */
  answered({ result, envelope: { timing } }: Extract<AnsweredEvent, { type: 'done' }>, firstTokenSeconds: number | undefined): void {
    const waited = this.#start + (timing.queue ?? 0);
    const loaded = waited + (timing.load ?? 0);
    this.#stage('queue', this.#start, waited);
    this.#stage('load', waited, loaded);
    this.#stage('generate', loaded, Date.now());
    if (firstTokenSeconds !== undefined) this.#span.addEvent('first token', this.#start + firstTokenSeconds * 1000);
    if ('usage' in result && result.usage) {
      this.#span.setAttributes({ 'gen_ai.usage.input_tokens': result.usage.promptTokens, 'gen_ai.usage.output_tokens': result.usage.completionTokens });
    }
    if ('finishReason' in result && result.finishReason) this.#span.setAttribute('gen_ai.response.finish_reasons', [result.finishReason]);
    this.#span.end();
  }

  failed(error: unknown): void {
    this.#span.setAttribute('error.type', LlmiError.is(error) ? error.code : 'INTERNAL');
    this.#span.setStatus({ code: SpanStatusCode.ERROR });
    this.#span.end();
  }

  /** A part that took no time is left out. */
  #stage(name: string, from: number, to: number): void {
    if (to > from) tracer().startSpan(name, { startTime: from }, this.#context).end(to);
  }
}

function requestAttributes(operation: string, model: string, { maxTokens, temperature, topP, topK, seed, frequencyPenalty, presencePenalty, stopSequences }: GenerateRequest): Attributes {
  return {
    'gen_ai.operation.name': operation,
    'gen_ai.provider.name': 'llmi',
    'gen_ai.request.model': model,
    'gen_ai.request.max_tokens': maxTokens,
    'gen_ai.request.temperature': temperature,
    'gen_ai.request.top_p': topP,
    'gen_ai.request.top_k': topK,
    'gen_ai.request.seed': seed,
    'gen_ai.request.frequency_penalty': frequencyPenalty,
    'gen_ai.request.presence_penalty': presencePenalty,
    'gen_ai.request.stop_sequences': stopSequences,
  };
}
