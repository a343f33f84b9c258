import type { AnsweredEvent } from '@llmi/engine';
import { asText } from '../openai/reply-parts.js';
import { emptyMessage, stopReasonOf, usageOf } from './reply.js';
import type { ContentBlock, MessageEvent } from './reply-schemas.js';

type Kind = 'text' | 'thinking' | `tool ${number}`;

/**
 * The events of a streamed message: each run of text, of thoughts and each tool call is a block that begins, grows and ends.
 * How long the prompt is, is known at the end: its count comes with `message_delta`.
 */
export class MessageStream {
  #hasBegun = false;
  #open: Kind | undefined;
  #index = -1;

  constructor(
    readonly id: string,
    readonly model: string,
    /** The client takes one tool call at most. */
    readonly oneCall: boolean,
  ) {}

  /** Server-sent events for one event of the model. */
  frame(event: AnsweredEvent): string {
    const events = this.#events(event);
    if (events.length === 0) return '';
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      events.unshift({ type: 'message_start', message: emptyMessage(this.id, this.model) });
    }
    return events.map(eventFrame).join('');
  }

  #events(event: AnsweredEvent): MessageEvent[] {
    switch (event.type) {
      case 'text':
        return [...this.#block('text', { type: 'text', text: '', citations: null }), this.#delta({ type: 'text_delta', text: event.token })];
      case 'reasoning':
        return [...this.#block('thinking', { type: 'thinking', thinking: '', signature: '' }), this.#delta({ type: 'thinking_delta', thinking: event.token })];
      case 'tool_call': {
        if (this.oneCall && event.index > 0) return [];
        const { id, function: called } = event.toolCall;
        return [...this.#block(`tool ${event.index}`, { type: 'tool_use', id, name: called.name, input: {} }), this.#delta({ type: 'input_json_delta', partial_json: called.arguments })];
      }
      case 'done':
        return this.#end(event);
      case 'progress':
      case 'image':
      case 'audio':
        return [];
    }
  }

  #end(event: Extract<AnsweredEvent, { type: 'done' }>): MessageEvent[] {
    const result = asText(event.result, this.model);
    // A model that does not stream says everything at its end.
    const whole: MessageEvent[] = this.#index < 0 && result.text !== '' ? [...this.#block('text', { type: 'text', text: '', citations: null }), this.#delta({ type: 'text_delta', text: result.text })] : [];
    return [
      ...whole,
      ...this.#close(),
      { type: 'message_delta', delta: { stop_reason: stopReasonOf(result), stop_sequence: null }, usage: usageOf(result.usage) },
      { type: 'message_stop' },
    ];
  }

  #block(kind: Kind, start: ContentBlock): MessageEvent[] {
    if (this.#open === kind) return [];
    const events = this.#close();
    this.#open = kind;
    this.#index += 1;
    return [...events, { type: 'content_block_start', index: this.#index, content_block: start }];
  }

  #delta(delta: Extract<MessageEvent, { type: 'content_block_delta' }>['delta']): MessageEvent {
    return { type: 'content_block_delta', index: this.#index, delta };
  }

  #close(): MessageEvent[] {
    if (this.#open === undefined) return [];
    this.#open = undefined;
    return [{ type: 'content_block_stop', index: this.#index }];
  }
}

/** As clients of this API read it: the type twice, as the event's name and in its data. */
export function eventFrame(event: { type: string }): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
