import type { Message } from '@llmi/core';
import type { AnsweredEvent } from '@llmi/engine';
import { newId } from '../../../new-id.js';
import type { DoneEvent } from '../../../relay.js';
import { asText, sumUsage } from '../reply-parts.js';
import type { OutputItem, Part, Response } from './reply-schemas.js';

type Fields = { type: string } & Record<string, unknown>;
type PartItem = Extract<OutputItem, { content: unknown }>;

/**
 * Puts a response together from the events of a model: runs of thoughts, of words, and tool calls become its items. Each step
 * gives the events that a stream tells of it; a plain reply is the same, with nobody listening.
 */
export class ResponseBuilder {
  #number = 0;
  #open: OutputItem | undefined;
  #callIndex = -1;

  constructor(
    readonly response: Response,
    readonly oneCall: boolean,
  ) {}

  begin(): string {
    return this.#frame({ type: 'response.created', response: this.response }) + this.#frame({ type: 'response.in_progress', response: this.response });
  }

  take(event: AnsweredEvent): string {
    switch (event.type) {
      case 'text':
        return this.#grow('message', event.token);
      case 'reasoning':
        return this.#grow('reasoning', event.token);
      case 'tool_call':
        return this.oneCall && event.index > 0 ? '' : this.#call(event);
      case 'done':
        return this.#end(event);
      case 'progress':
      case 'image':
      case 'audio':
        return '';
    }
  }

  fail(code: string, message: string): string {
    Object.assign(this.response, { status: 'failed', error: { code, message } });
    return this.#frame({ type: 'response.failed', response: this.response });
  }

  /** What the model said, as the next request's conversation holds it. */
  message(): Message {
    const { output } = this.response;
    const texts = (type: 'message' | 'reasoning') => output.flatMap((item) => (item.type === type ? (item as PartItem).content.map(({ text }) => text) : [])).join('');
    const toolCalls = output.flatMap((item) => (item.type === 'function_call' ? [{ id: item.call_id, type: 'function' as const, function: { name: item.name, arguments: item.arguments } }] : []));
    const [content, reasoningContent] = [texts('message'), texts('reasoning')];
    return { role: 'assistant', content: content === '' ? null : content, ...(reasoningContent === '' ? {} : { reasoningContent }), ...(toolCalls.length > 0 ? { toolCalls } : {}) };
  }

  #grow(type: 'message' | 'reasoning', token: string): string {
    let frames = '';
    if (this.#open?.type !== type) frames += this.#close() + this.#openPart(type);
    const item = this.#open as PartItem;
    item.content[0]!.text += token;
    return frames + this.#frame({ type: `response.${type === 'message' ? 'output' : 'reasoning'}_text.delta`, ...this.#place(), delta: token, ...(type === 'message' ? { logprobs: [] } : {}) });
  }

  #openPart(type: 'message' | 'reasoning'): string {
    const part: Part = type === 'message' ? { type: 'output_text', text: '', annotations: [], logprobs: [] } : { type: 'reasoning_text', text: '' };
    const item = (type === 'message' ? { type, id: newId('msg_'), role: 'assistant', content: [], status: 'in_progress' } : { type, id: newId('rs_'), summary: [], content: [], status: 'in_progress' }) as PartItem;
    const added = this.#add(item);
    (item.content as Part[]).push(part);
    return added + this.#frame({ type: 'response.content_part.added', ...this.#place(), part });
  }

  #call({ index, toolCall: { id, function: called } }: Extract<AnsweredEvent, { type: 'tool_call' }>): string {
    let frames = '';
    if (this.#open?.type !== 'function_call' || this.#callIndex !== index) {
      frames += this.#close() + this.#add({ type: 'function_call', id: newId('fc_'), call_id: id, name: called.name, arguments: '', status: 'in_progress' });
      this.#callIndex = index;
    }
    const item = this.#open as Extract<OutputItem, { type: 'function_call' }>;
    item.arguments += called.arguments;
    return frames + this.#frame({ type: 'response.function_call_arguments.delta', item_id: item.id, output_index: this.#at(), delta: called.arguments });
  }

  #end(event: DoneEvent): string {
    const { response } = this;
    const result = asText(event.result, response.model);
    // A model that does not stream says everything at its end.
    const whole = response.output.length === 0 && result.text !== '' ? this.#grow('message', result.text) : '';
    const cut = result.finishReason === 'length' || result.finishReason === 'content_filter';
    const frames = whole + this.#close(cut ? 'incomplete' : 'completed');
    const usage = sumUsage([result.usage], 1);
    response.status = cut ? 'incomplete' : 'completed';
    response.incomplete_details = cut ? { reason: result.finishReason === 'length' ? 'max_output_tokens' : 'content_filter' } : null;
    response.usage = {
      input_tokens: usage.prompt_tokens,
      input_tokens_details: usage.prompt_tokens_details,
      output_tokens: usage.completion_tokens,
      output_tokens_details: usage.completion_tokens_details,
      total_tokens: usage.total_tokens,
    };
    return frames + this.#frame({ type: `response.${response.status}`, response });
  }

  #add(item: OutputItem): string {
    this.response.output.push(item);
    this.#open = item;
    return this.#frame({ type: 'response.output_item.added', output_index: this.#at(), item });
  }

  #close(status: OutputItem['status'] = 'completed'): string {
    const item = this.#open;
    if (!item) return '';
    item.status = status;
    const frames = item.type === 'function_call' ? this.#frame({ type: 'response.function_call_arguments.done', item_id: item.id, output_index: this.#at(), name: item.name, arguments: item.arguments }) : this.#partDone(item);
    this.#open = undefined;
    return frames + this.#frame({ type: 'response.output_item.done', output_index: this.#at(), item });
  }

  #partDone(item: PartItem): string {
    const part = item.content[0]!;
    const place = this.#place();
    const done = part.type === 'output_text' ? { type: 'response.output_text.done', ...place, text: part.text, logprobs: [] } : { type: 'response.reasoning_text.done', ...place, text: part.text };
    return this.#frame(done) + this.#frame({ type: 'response.content_part.done', ...place, part });
  }

  #at(): number {
    return this.response.output.length - 1;
  }

  #place(): { item_id: string; output_index: number; content_index: number } {
    return { item_id: this.#open!.id, output_index: this.#at(), content_index: 0 };
  }

  #frame(event: Fields): string {
    return `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number: this.#number++ })}\n\n`;
  }
}
