import type { TextStream } from '../tokenizer/text-stream.js';
import type { EndReason, GeneratedToken } from './generate-tokens.js';
import { StopStrings } from './stop-strings.js';

/** A piece of text with the tokens that came since the one before it. */
export interface TextPiece {
  text: string;
  tokens: GeneratedToken[];
}

/** How a text ended. */
export interface TextEnd {
  text: string;
  tokens: number;
  finishReason: EndReason;
  /** The stop string that ended it. */
  stop?: string;
}

/** Tokens as text: pieces as they are clear, up to a stop string. */
export async function* textOfTokens(tokens: AsyncGenerator<GeneratedToken, EndReason>, stream: TextStream, stopSequences: readonly string[] = []): AsyncGenerator<TextPiece, TextEnd> {
  const stops = new StopStrings(stopSequences);
  let [text, count] = ['', 0];
  let unsent: GeneratedToken[] = [];
  const piece = (added: string): TextPiece[] => {
    if (added === '') return [];
    text += added;
    const sent = unsent;
    unsent = [];
    return [{ text: added, tokens: sent }];
  };
  try {
    for (;;) {
      const next = await tokens.next();
      if (next.done) {
        const last = stops.push(stream.end());
        yield* piece(last.stop === undefined ? last.text + stops.end() : last.text);
        return { text, tokens: count, finishReason: last.stop === undefined ? next.value : 'stop', ...(last.stop === undefined ? {} : { stop: last.stop }) };
      }
      count++;
      unsent.push(next.value);
      const checked = stops.push(stream.push(next.value.token));
      yield* piece(checked.text);
      if (checked.stop !== undefined) return { text, tokens: count, finishReason: 'stop', stop: checked.stop };
    }
  } finally {
    await tokens.return('stop');
  }
}
