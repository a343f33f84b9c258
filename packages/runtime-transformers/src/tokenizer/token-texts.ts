import { TokenTrie } from '@llmi/grammar';
import type { TextTokenizer } from './text-tokenizer.js';

const firstContinuation = 0x80;
const beyondContinuations = 0xc0;

/**
 * A vocabulary by the bytes of its tokens, for answers that a grammar holds. Of the special tokens, which are no text, only `named`
 * ones are in it; `ends` end an answer and are not, whatever they are.
 */
export function tokenTexts(tokenizer: TextTokenizer, named: ReadonlySet<number>, ends: readonly number[]): TokenTrie {
  const tokens = Array.from({ length: tokenizer.size }, (_, id) => (ends.includes(id) || (tokenizer.isSpecial(id) && !named.has(id)) ? undefined : tokenizer.bytesOf(id)));
  return new TokenTrie(spellsEveryCharacter(tokens) ? tokens : tokens.map((bytes) => (bytes && isWhole(bytes) ? bytes : undefined)));
}

/** Whether any character that was begun can be ended: there is a token for each byte inside one. */
function spellsEveryCharacter(tokens: readonly (Uint8Array | undefined)[]): boolean {
  const single = new Set(tokens.flatMap((bytes) => (bytes?.length === 1 ? [bytes[0]!] : [])));
  for (let byte = firstContinuation; byte < beyondContinuations; byte++) if (!single.has(byte)) return false;
  return true;
}

const strictDecoder = new TextDecoder('utf-8', { fatal: true });

function isWhole(bytes: Uint8Array): boolean {
  try {
    strictDecoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
