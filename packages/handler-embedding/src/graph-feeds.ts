import { LlmiError } from '@llmi/core';
import type { OnnxSession, OnnxTensor, OnnxValueInfo } from '@llmi/runtime-onnx';
import type { EncodedText } from './tokenizer/text-tokenizer.js';

/** Makes the inputs of a graph from texts, padded at the end to `tokens` each. */
export type TextFeeds = (texts: readonly EncodedText[], tokens: number, padId: number) => Record<string, OnnxTensor>;

/**
 * How to feed a graph that takes token ids. Inputs named in `others` are somebody else's.
 * @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED for an input that is not known
 */
export function textFeeds(session: OnnxSession, exportHint: string, others: readonly string[] = []): TextFeeds {
  const inputs = session.inputs.filter(({ name }) => !others.includes(name));
  const unknown = inputs.find(({ name }) => !fillerFor(name));
  if (unknown) {
    throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
      message: `The graph of this model wants the input "${unknown.name}", which llmi does not know.`,
      hint: exportHint,
    });
  }
  return (texts, tokens, padId) => Object.fromEntries(inputs.map((input) => [input.name, fillerFor(input.name)!(input, texts, tokens, padId)]));
}

/** Tokens of the longest text. */
export function longest(texts: readonly EncodedText[]): number {
  return texts.reduce((most, { ids }) => Math.max(most, ids.length), 0);
}

type Filler = (input: OnnxValueInfo, texts: readonly EncodedText[], tokens: number, padId: number) => OnnxTensor;

/** Padding is at the end: the positions of the real tokens, and with them the result, do not depend on the batch. */
const fillers: Record<string, Filler> = {
  input_ids: (input, texts, tokens, padId) => rows(input, texts, tokens, (text, index) => text.ids[index] ?? padId),
  attention_mask: (input, texts, tokens) => rows(input, texts, tokens, (text, index) => (index < text.ids.length ? 1 : 0)),
  token_type_ids: (input, texts, tokens) => rows(input, texts, tokens, (text, index) => text.typeIds[index] ?? 0),
  position_ids: (input, texts, tokens) => rows(input, texts, tokens, (_, index) => index),
};

function fillerFor(name: string): Filler | undefined {
  return fillers[name] ?? (name.startsWith('past_key_values.') ? emptyCache : undefined);
}

/** A cache of the past with no tokens in it: [batch, KV heads, 0, head size]. */
const emptyCache: Filler = ({ dtype, shape }, texts) => ({
  dtype: dtype ?? 'float32',
  shape: shape.map((size, axis) => (axis === 0 ? texts.length : typeof size === 'number' ? size : 0)),
  data: dtype === 'float16' ? new Uint16Array(0) : new Float32Array(0),
});

/** [batch, tokens] of integers, of the width that the graph wants. */
function rows(input: OnnxValueInfo, texts: readonly EncodedText[], tokens: number, valueAt: (text: EncodedText, index: number) => number): OnnxTensor {
  const shape = [texts.length, tokens];
  const values = new Int32Array(texts.length * tokens);
  texts.forEach((text, row) => {
    for (let index = 0; index < tokens; index++) values[row * tokens + index] = valueAt(text, index);
  });
  return input.dtype === 'int32' ? { dtype: 'int32', shape, data: values } : { dtype: 'int64', shape, data: BigInt64Array.from(values, BigInt) };
}
