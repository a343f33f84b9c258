import { LlmiError, type ErrorCode, type GenerateEvent, type GenerateOptions, type GenerateRequest, type LoadedModel, type LoadedModelInfo } from '@llmi/core';
import type { RemoteEndpoint } from './endpoint.js';
import { llmiAnswer } from './llmi-answer.js';
import { openaiAnswer } from './openai-media.js';
import { kindOf } from './openai-request.js';
import { broken, openaiText } from './openai-text.js';
import type { RemoteFacts, RemoteModelFacts } from './probe.js';

/** One of the engines that have a model, and what that one calls it. */
export interface Replica {
  endpoint: RemoteEndpoint;
  speaks: RemoteFacts['speaks'];
  model: RemoteModelFacts;
}

/** Requests at the same time: how many really run is for the engines to say, which have queues of their own. */
const parallel = 256;

/** Reasons that lie with the engine that was asked: another one of the same model may answer. */
const passing = new Set<ErrorCode>(['REMOTE_UNREACHABLE', 'REMOTE_FAILED', 'QUEUE_FULL', 'RATE_LIMITED', 'SHUTTING_DOWN', 'RUNNER_CRASHED', 'RUNNER_TIMEOUT', 'MEMORY_INSUFFICIENT', 'MODEL_LOAD_FAILED', 'INTERNAL']);
/** Of these, what says that the engine is out of order, not only busy. */
const outOfOrder = new Set<ErrorCode>(['REMOTE_UNREACHABLE', 'REMOTE_FAILED', 'SHUTTING_DOWN']);

/** A model of other engines: each request goes to the one that is least busy for its weight, and to another when that one fails before its first word. */
export class RemoteModel implements LoadedModel {
  readonly info: LoadedModelInfo;

  constructor(
    readonly name: string,
    /** As they are known now: engines come and go. */
    readonly replicas: () => readonly Replica[],
  ) {
    const known = replicas();
    const lengths = known.flatMap(({ model: { contextLength } }) => (contextLength === undefined ? [] : [contextLength]));
    this.info = { device: `remote (${known.map(({ endpoint }) => endpoint.place).join(', ')})`, parallel, ...(lengths.length === 0 ? {} : { contextLength: Math.min(...lengths) }) };
  }

  async *generate(request: GenerateRequest, { signal }: GenerateOptions = {}): AsyncGenerator<GenerateEvent, void, undefined> {
    const tried = new Set<RemoteEndpoint>();
    for (;;) {
      const replica = choose(this.replicas(), tried);
      if (!replica) throw new LlmiError('REMOTE_UNREACHABLE', { message: `No engine has ${this.name} at the moment.`, hint: 'Check that the remote engines run.' });
      const { endpoint } = replica;
      tried.add(endpoint);
      endpoint.active += 1;
      endpoint.given += 1;
      let hasBegun = false;
      try {
        for await (const event of answerOf(replica, request, signal)) {
          hasBegun = true;
          yield event;
        }
        endpoint.worked();
        return;
      } catch (thrown) {
        signal?.throwIfAborted();
        const error = LlmiError.is(thrown) ? thrown : broken(endpoint, 'Its answer is not as its API says.', thrown);
        if (outOfOrder.has(error.code)) endpoint.failed();
        if (hasBegun || !passing.has(error.code) || !choose(this.replicas(), tried)) throw error;
      } finally {
        endpoint.active -= 1;
      }
    }
  }

  /** Nothing is held here. */
  async [Symbol.asyncDispose](): Promise<void> {}
}

/** The least busy one for its weight; one that rests only where no other is left. */
function choose(replicas: readonly Replica[], tried: ReadonlySet<RemoteEndpoint>): Replica | undefined {
  const left = replicas.filter(({ endpoint }) => !tried.has(endpoint));
  const working = left.filter(({ endpoint }) => !endpoint.isResting);
  const load = ({ endpoint: { active, given, weight } }: Replica) => [(active + 1) / weight, (given + 1) / weight] as const;
  return [...(working.length > 0 ? working : left)].sort((one, other) => load(one)[0] - load(other)[0] || load(one)[1] - load(other)[1])[0];
}

function answerOf({ endpoint, speaks, model: { id, tasks } }: Replica, request: GenerateRequest, signal: AbortSignal | undefined): AsyncIterable<GenerateEvent> {
  if (speaks === 'llmi') return llmiAnswer(endpoint, id, request, signal);
  const kind = kindOf(request, tasks);
  if (kind === 'chat' || kind === 'completions') return openaiText(endpoint, id, request, kind, signal);
  return openaiAnswer(kind, { endpoint, model: id, request, signal });
}
