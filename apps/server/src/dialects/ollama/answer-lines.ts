import type { TokenLogprob, ToolCall } from '@llmi/core';
import type { AnsweredEvent } from '@llmi/engine';
import type { DoneEvent } from '../../relay.js';
import { toolArguments } from '../../tool-arguments.js';
import { asText } from '../openai/reply-parts.js';
import { Stopwatch } from './answer-metrics.js';
import type { OllamaLogprobs, OllamaToolCall } from './reply-schemas.js';

/** The two replies of this API say the same in other places. */
export type AnswerShape = 'chat' | 'generate';

interface Part {
  text?: string;
  thinking?: string;
  toolCalls?: OllamaToolCall[];
}

/** The lines of one answer, or all of it in one object. */
export class AnswerLines {
  readonly #stopwatch = new Stopwatch();
  #hasText = false;

  constructor(
    readonly shape: AnswerShape,
    readonly model: string,
  ) {}

  /** Takes note of an event of an answer that is told at its end. */
  note(event: AnsweredEvent): undefined {
    if (event.type === 'text' || event.type === 'reasoning' || event.type === 'tool_call') this.#stopwatch.token();
  }

  /** One event as a line; empty where this API has no word for it. */
  line(event: AnsweredEvent): string {
    this.note(event);
    switch (event.type) {
      case 'text':
        this.#hasText = true;
        return this.#json({ text: event.token }, logprobsOf(event.logprobs));
      case 'reasoning':
        return this.#json({ thinking: event.token });
      case 'tool_call':
        return this.#json({ toolCalls: [toolCall(event.toolCall, event.index)] });
      case 'done': {
        const { text } = asText(event.result, this.model);
        return this.#json({ text: this.#hasText ? '' : text }, this.#end(event)); // a model that does not stream says everything here
      }
      case 'progress':
      case 'image':
      case 'audio':
        return '';
    }
  }

  whole(done: DoneEvent): Record<string, unknown> {
    const result = asText(done.result, this.model);
    const { reasoning, toolCalls, logprobs } = result.type === 'text' ? result : {};
    const calls = toolCalls && toolCalls.length > 0 ? toolCalls.map(toolCall) : undefined;
    return this.#object({ text: result.text, thinking: reasoning || undefined, toolCalls: calls }, { ...logprobsOf(logprobs), ...this.#end(done) });
  }

  #end(done: DoneEvent): Record<string, unknown> {
    const reason = asText(done.result, this.model).finishReason === 'length' ? 'length' : 'stop';
    return { done: true, done_reason: reason, ...this.#stopwatch.metrics(done) };
  }

  #json(part: Part, rest: Record<string, unknown> = {}): string {
    return `${JSON.stringify(this.#object(part, rest))}\n`;
  }

  #object(part: Part, rest: Record<string, unknown>): Record<string, unknown> {
    return { ...head(this.model), ...said(this.shape, part), done: false, ...rest };
  }
}

/** What a model says that was only loaded or unloaded. */
export function emptyAnswer(shape: AnswerShape, model: string, reason: 'load' | 'unload'): Record<string, unknown> {
  return { ...head(model), ...said(shape, {}), done: true, done_reason: reason };
}

const head = (model: string) => ({ model, created_at: new Date().toISOString() });

function said(shape: AnswerShape, { text = '', thinking, toolCalls }: Part): Record<string, unknown> {
  const thoughts = thinking === undefined ? {} : { thinking };
  const calls = toolCalls === undefined ? {} : { tool_calls: toolCalls };
  return shape === 'chat' ? { message: { role: 'assistant', content: text, ...thoughts, ...calls } } : { response: text, ...thoughts };
}

function toolCall(call: ToolCall, index: number): OllamaToolCall {
  return { id: call.id, function: { index, name: call.function.name, arguments: toolArguments(call) } };
}

function logprobsOf(logprobs: readonly TokenLogprob[] | undefined): { logprobs?: OllamaLogprobs } {
  if (!logprobs) return {};
  return { logprobs: logprobs.map(({ topLogprobs, ...chosen }) => ({ ...withBytes(chosen), top_logprobs: topLogprobs.map(withBytes) })) };
}

function withBytes({ token, logprob }: { token: string; logprob: number }) {
  return { token, logprob, bytes: [...Buffer.from(token, 'utf8')] };
}
