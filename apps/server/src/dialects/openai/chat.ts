import type { FastifyInstance } from 'fastify';
import { parseInput, type ToolCall } from '@llmi/core';
import type { AnsweredEvent } from '@llmi/engine';
import type { Gateway } from '../../gateway.js';
import { checkMedia } from '../../media-input.js';
import { chooseModel } from '../../model-choice.js';
import type { DoneEvent } from '../../relay.js';
import { choicesOf, mapChat } from './map-request.js';
import { asText, chatLogprobs, replyHead, sumUsage, type ReplyHead, type TextResult } from './reply-parts.js';
import type { ChatCompletion } from './reply-schemas.js';
import { chatRequestSchema, type ChatRequest } from './request-schemas.js';
import { runChoices, streamChoices, type Chunks } from './run-choices.js';

export function chatRoute(app: FastifyInstance, gateway: Gateway): void {
  app.post(
    '/v1/chat/completions',
    {
      config: {
        doc: {
          tag: 'openai',
          summary: 'The next message of a chat.',
          body: 'ChatCompletionRequest',
          reply: { schema: 'ChatCompletion', description: 'The message.' },
          stream: 'ChatCompletionChunk',
          errors: [400, 404, 413, 415, 422, 429, 500, 503, 507],
        },
      },
    },
    async ({ body }, reply) => {
      const chat = parseInput(chatRequestSchema, body);
      const request = mapChat(chat);
      checkMedia(request);
      const { name } = await chooseModel(gateway, chat.model);
      const requests = choicesOf(request, chat.n);
      const head = replyHead('chatcmpl', name);
      if (chat.stream) return streamChoices(gateway, reply, name, requests, new ChatChunks(head, chat));
      using work = gateway.work.beginReply(reply.raw);
      return completion(head, chat, await runChoices(gateway, name, requests, work.signal));
    },
  );
}

function completion(head: ReplyHead, chat: ChatRequest, done: DoneEvent[]): ChatCompletion {
  const results = done.map(({ result }) => asText(result, head.model));
  return {
    ...head,
    object: 'chat.completion',
    choices: results.map((result, index) => choice(result, index, chat)),
    usage: sumUsage(results.map(({ usage }) => usage), results.length),
  };
}

function choice(result: TextResult, index: number, chat: ChatRequest): ChatCompletion['choices'][number] {
  const text = result.type === 'text' ? result : undefined;
  const toolCalls = limitCalls(text?.toolCalls, chat);
  return {
    index,
    message: {
      role: 'assistant',
      content: toolCalls && result.text === '' ? null : result.text,
      refusal: null,
      ...(text?.reasoning ? { reasoning_content: text.reasoning } : {}),
      ...(toolCalls ? { tool_calls: toolCalls } : {}),
    },
    logprobs: chatLogprobs(text?.logprobs),
    finish_reason: result.finishReason ?? 'stop',
  };
}

/** `parallel_tool_calls: false` asks for one call at most. */
function limitCalls(calls: ToolCall[] | undefined, chat: ChatRequest): ToolCall[] | undefined {
  if (!calls || calls.length === 0) return undefined;
  return chat.parallel_tool_calls === false ? calls.slice(0, 1) : calls;
}

/** The chunks of a streamed chat: each choice begins with the role and ends with its reason; usage follows, where asked for. */
class ChatChunks implements Chunks {
  readonly #begun = new Set<number>();
  readonly #start: string; // up to the choices: the same in every chunk
  readonly #end: string;

  constructor(
    readonly head: ReplyHead,
    readonly chat: ChatRequest,
  ) {
    const { id, created, model } = head;
    this.#start = `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', created, model }).slice(0, -1)},"choices":[`;
    this.#end = chat.stream_options?.include_usage ? '],"usage":null}\n\n' : ']}\n\n';
  }

  frame(event: AnsweredEvent, index: number): string {
    const delta = this.#delta(event, index);
    if (delta === undefined) return '';
    if (this.#begun.has(index)) return delta;
    this.#begun.add(index);
    return this.#chunk(index, '{"role":"assistant","content":""}') + delta;
  }

  end(done: DoneEvent[]): string {
    if (!this.chat.stream_options?.include_usage) return 'data: [DONE]\n\n';
    const usage = sumUsage(done.map(({ result }) => asText(result, this.head.model).usage), done.length);
    return `${this.#start}],"usage":${JSON.stringify(usage)}}\n\ndata: [DONE]\n\n`;
  }

  #delta(event: AnsweredEvent, index: number): string | undefined {
    switch (event.type) {
      case 'text':
        return this.#chunk(index, `{"content":${JSON.stringify(event.token)}}`, event.logprobs ? JSON.stringify(chatLogprobs(event.logprobs)) : 'null');
      case 'reasoning':
        return this.#chunk(index, `{"reasoning_content":${JSON.stringify(event.token)}}`);
      case 'tool_call':
        if (this.chat.parallel_tool_calls === false && event.index > 0) return undefined;
        return this.#chunk(index, JSON.stringify({ tool_calls: [{ index: event.index, ...event.toolCall }] }));
      case 'done':
        return this.#chunk(index, '{}', 'null', JSON.stringify(asText(event.result, this.head.model).finishReason ?? 'stop'));
      case 'progress':
      case 'image':
      case 'audio':
        return undefined;
    }
  }

  #chunk(index: number, delta: string, logprobs = 'null', finishReason = 'null'): string {
    return `${this.#start}{"index":${index},"delta":${delta},"logprobs":${logprobs},"finish_reason":${finishReason}}${this.#end}`;
  }
}
