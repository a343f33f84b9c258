import type { FastifyInstance } from 'fastify';
import { LlmiError, parseInput } from '@llmi/core';
import type { AnsweredEvent } from '@llmi/engine';
import type { Gateway } from '../../gateway.js';
import { chooseModel } from '../../model-choice.js';
import type { DoneEvent } from '../../relay.js';
import { choicesOf, mapCompletion } from './map-request.js';
import { asText, completionLogprobs, replyHead, sumUsage, type ReplyHead } from './reply-parts.js';
import type { Completion } from './reply-schemas.js';
import { completionRequestSchema, maxChoices, type CompletionRequest } from './request-schemas.js';
import { runChoices, streamChoices, type Chunks } from './run-choices.js';

export function completionsRoute(app: FastifyInstance, gateway: Gateway): void {
  app.post(
    '/v1/completions',
    {
      config: {
        doc: {
          tag: 'openai',
          summary: 'The continuation of a text, without a chat template.',
          body: 'CompletionRequest',
          reply: { schema: 'Completion', description: 'The continuation.' },
          stream: 'Completion',
          errors: [400, 404, 413, 415, 422, 429, 500, 503, 507],
        },
      },
    },
    async ({ body }, reply) => {
      const asked = parseInput(completionRequestSchema, body);
      const { name } = await chooseModel(gateway, asked.model);
      const requests = mapCompletion(asked).flatMap((request) => choicesOf(request, asked.n));
      if (requests.length > maxChoices) {
        throw new LlmiError('INPUT_INVALID', { message: `Prompts times "n" are ${requests.length} completions.`, hint: `Ask for at most ${maxChoices} in one request.`, param: 'n' });
      }
      const echoes = requests.map(({ prompt = '' }) => (asked.echo ? prompt : ''));
      const head = replyHead('cmpl', name);
      if (asked.stream) return streamChoices(gateway, reply, name, requests, new CompletionChunks(head, asked, echoes));
      using work = gateway.work.beginReply(reply.raw);
      return completion(head, asked, echoes, await runChoices(gateway, name, requests, work.signal));
    },
  );
}

function completion(head: ReplyHead, asked: CompletionRequest, echoes: string[], done: DoneEvent[]): Completion {
  const results = done.map(({ result }) => asText(result, head.model));
  return {
    ...head,
    object: 'text_completion',
    choices: results.map((result, index) => ({
      index,
      text: echoes[index] + result.text,
      logprobs: completionLogprobs(result.type === 'text' ? result.logprobs : undefined),
      finish_reason: result.finishReason ?? 'stop',
    })),
    usage: sumUsage(results.map(({ usage }) => usage), asked.n ?? 1),
  };
}

/** The chunks of a streamed completion: text as it comes, then an empty one with the reason; usage follows, where asked for. */
class CompletionChunks implements Chunks {
  readonly #start: string;
  readonly #end: string;
  readonly #withUsage: boolean;
  readonly #lengths: number[]; // characters sent per choice: where its next token begins

  constructor(
    readonly head: ReplyHead,
    readonly asked: CompletionRequest,
    readonly echoes: string[],
  ) {
    const { id, created, model } = head;
    this.#withUsage = asked.stream_options?.include_usage === true;
    this.#start = `data: ${JSON.stringify({ id, object: 'text_completion', created, model }).slice(0, -1)},"choices":[`;
    this.#end = this.#withUsage ? '],"usage":null}\n\n' : ']}\n\n';
    this.#lengths = echoes.map(() => 0);
  }

  frame(event: AnsweredEvent, index: number): string {
    if (event.type === 'done') {
      const reason = asText(event.result, this.head.model).finishReason ?? 'stop';
      return this.#chunk(index, this.#echo(index), 'null', JSON.stringify(reason));
    }
    if (event.type !== 'text') return '';
    const offset = this.#lengths[index]!;
    const text = this.#echo(index) + event.token;
    this.#lengths[index] = offset + text.length;
    return this.#chunk(index, text, JSON.stringify(completionLogprobs(event.logprobs, offset)), 'null');
  }

  end(done: DoneEvent[]): string {
    if (!this.#withUsage) return 'data: [DONE]\n\n';
    const usage = sumUsage(done.map(({ result }) => asText(result, this.head.model).usage), this.asked.n ?? 1);
    return `${this.#start}],"usage":${JSON.stringify(usage)}}\n\ndata: [DONE]\n\n`;
  }

  /** The prompt, once, before the first text of a choice. */
  #echo(index: number): string {
    const echo = this.echoes[index]!;
    this.echoes[index] = '';
    return echo;
  }

  #chunk(index: number, text: string, logprobs: string, finishReason: string): string {
    return `${this.#start}{"index":${index},"text":${JSON.stringify(text)},"logprobs":${logprobs},"finish_reason":${finishReason}}${this.#end}`;
  }
}
