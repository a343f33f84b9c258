import { LlmiError, type GenerateRequest } from '@llmi/core';
import type { AnsweredEvent, Engine } from '@llmi/engine';
import { RetryLaterError } from '../retry-later.js';
import type { Answered, Metrics } from './metrics.js';
import { clientGone } from '../work-in-progress.js';
import { recordBySignal } from './request-record.js';
import { AnswerTrace } from './tracing.js';

/** What the server needs of an engine. */
export type ServedEngine = Pick<Engine, 'settings' | 'models' | 'find' | 'describe' | 'validate' | 'generate' | 'answer' | 'load' | 'unload' | 'loaded' | 'install' | 'remove'>;

/** The same engine; what it answers is measured, and a client that is turned away learns when to come back. */
export function observedEngine(engine: ServedEngine, metrics: Metrics): ServedEngine {
  const pace = new Pace();
  const observed: ServedEngine = {
    settings: engine.settings,
    models: () => engine.models(),
    find: (name) => engine.find(name),
    describe: (name) => engine.describe(name),
    validate: (name, request) => engine.validate(name, request),
    load: (name, call) => engine.load(name, call),
    unload: (name, options) => engine.unload(name, options),
    loaded: () => engine.loaded(),
    install: (reference, options) => engine.install(reference, options),
    remove: (name, options) => engine.remove(name, options),
    async *generate(name, request, call) {
      const observation = new Observation(name, operationOf(request));
      const record = recordBySignal(call?.signal);
      if (record) record.model = name;
      const spans = new AnswerTrace(observation.operation, name, request, record?.trace);
      let ended = false;
      try {
        for await (const event of engine.generate(name, request, { client: record?.client, priority: record?.priority, ...call })) {
          observation.note(event);
          if (event.type === 'done') {
            const answered = observation.answered(event);
            spans.answered(event, answered.firstToken);
            ended = true;
            metrics.answered(answered);
            pace.note(name, answered.total - answered.queue - answered.load);
            if (record) {
              const { timing } = event.envelope;
              Object.assign(record.timing, timing, { total: answered.total * 1000 }, answered.firstToken === undefined ? {} : { first_token: answered.firstToken * 1000 });
              record.usage = { promptTokens: answered.promptTokens, completionTokens: answered.completionTokens };
            }
          }
          yield event;
        }
      } catch (error) {
        spans.failed(error);
        ended = true;
        metrics.failed(name, observation.operation, LlmiError.is(error) ? error.code : 'INTERNAL', observation.seconds());
        throw LlmiError.is(error) && error.code === 'QUEUE_FULL' ? new RetryLaterError(error, pace.secondsUntilRoom(engine.loaded().find((status) => status.name === name))) : error;
      } finally {
        if (!ended) spans.failed(clientGone()); // nobody reads on
      }
    },
    answer: async (name, request, call) => {
      for await (const event of observed.generate(name, request, call)) {
        if (event.type === 'done') return { result: event.result, envelope: event.envelope };
      }
      throw new LlmiError('INTERNAL', { message: `${name} ended its answer without saying so.`, hint: 'This is a fault of its handler.' });
    },
  };
  return observed;
}

function operationOf({ texts, messages, mode, query }: GenerateRequest): string {
  if (texts) return 'embeddings';
  if (query !== undefined) return 'rerank';
  if (messages) return 'chat';
  return mode === 'complete' ? 'text_completion' : 'generate_content';
}

/** One answer in the making. */
class Observation {
  readonly #start = performance.now();
  #firstToken: number | undefined;
  #steps = 0;

  constructor(
    readonly model: string,
    readonly operation: string,
  ) {}

  seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }

  note(event: AnsweredEvent): void {
    if (event.type === 'text' || event.type === 'reasoning' || event.type === 'tool_call') this.#firstToken ??= this.seconds();
    else if (event.type === 'progress' && event.stage.startsWith('denois')) this.#steps = Math.max(this.#steps, event.step);
  }

  answered({ result, envelope: { timing } }: Extract<AnsweredEvent, { type: 'done' }>): Answered {
    const usage = 'usage' in result ? result.usage : undefined;
    return {
      model: this.model,
      operation: this.operation,
      queue: (timing.queue ?? 0) / 1000,
      load: (timing.load ?? 0) / 1000,
      total: this.seconds(),
      firstToken: this.#firstToken,
      promptTokens: usage?.promptTokens ?? 0,
      cachedTokens: usage?.cachedTokens ?? 0,
      completionTokens: usage?.completionTokens ?? 0,
      steps: this.#steps,
    };
  }
}

/** Seconds that a client is told to wait, at least and at most. */
const shortestWait = 1;
const longestWait = 60;

/** Weight of the newest answer in the mean. */
const newest = 0.2;

/** How long the answers of each model take, lately. */
class Pace {
  readonly #means = new Map<string, number>(); // seconds

  note(model: string, seconds: number): void {
    const mean = this.#means.get(model);
    this.#means.set(model, mean === undefined ? seconds : mean + newest * (seconds - mean));
  }

  /** Half the queue is done by then: there is room, and the queue has not run dry. */
  secondsUntilRoom(status: ReturnType<Engine['loaded']>[number] | undefined): number {
    const mean = status && this.#means.get(status.name);
    if (!mean) return 2 * shortestWait;
    const turns = (status.waiting + status.active) / 2 / (status.info?.parallel ?? 1);
    return Math.min(longestWait, Math.max(shortestWait, Math.ceil(mean * turns)));
  }
}
