import type { LanguageModelV4StreamPart, SharedV4Warning } from '@ai-sdk/provider';
import type { ClientEvent } from '@llmi/client';
import { finishReasonOf, toolCallContent, usageOf, type TextAnswer } from './text-answer.js';

type Block = 'text' | 'reasoning';

/** The parts of a streamed answer: blocks of text and thoughts, each begun and ended, calls of tools, and how it finished. */
export async function* streamParts(events: AsyncIterable<ClientEvent>, modelId: string, warnings: SharedV4Warning[]): AsyncGenerator<LanguageModelV4StreamPart> {
  let open: Block | undefined;
  let blocks = 0;
  const end = (): LanguageModelV4StreamPart[] => (open === undefined ? [] : [{ type: `${open}-end`, id: String(blocks) }]);
  yield { type: 'stream-start', warnings };
  yield { type: 'response-metadata', modelId, timestamp: new Date() };
  for await (const event of events) {
    switch (event.type) {
      case 'text':
      case 'reasoning':
        if (open !== event.type) {
          yield* end();
          open = event.type;
          yield { type: `${open}-start`, id: String(++blocks) };
        }
        yield { type: `${open}-delta`, id: String(blocks), delta: event.token };
        break;
      case 'tool_call': {
        yield* end();
        open = undefined;
        const call = toolCallContent(event.toolCall);
        yield { type: 'tool-input-start', id: call.toolCallId, toolName: call.toolName };
        yield { type: 'tool-input-delta', id: call.toolCallId, delta: call.input };
        yield { type: 'tool-input-end', id: call.toolCallId };
        yield call;
        break;
      }
      case 'done':
        yield* end();
        yield { type: 'finish', finishReason: finishReasonOf(event.answer as TextAnswer), usage: usageOf((event.answer as TextAnswer).usage) };
        break;
      case 'progress':
      case 'image':
      case 'audio':
        break; // not of a language model
    }
  }
}
