import { LlmiError } from '@llmi/core';
import { toFloat32, type OnnxSession, type OnnxTensor, type OnnxValueInfo } from '@llmi/runtime-onnx';
import type { EncodedText } from './tokenizer/text-tokenizer.js';

/** What the encoder made of a batch. */
export interface EncodedBatch {
  /** [batch, tokens, dim], or [batch, dim] when the graph pools by itself. */
  values: Float32Array;
  tokens: number; // of each row, padding counted
  dim: number;
}

/** A graph that turns token ids into vectors, and how to feed it. */
export interface EncoderGraph {
  /** True when the graph gives one vector per text, pooled inside. */
  poolsItself: boolean;
  run(texts: readonly EncodedText[], padId: number, signal?: AbortSignal): Promise<EncodedBatch>;
}

const exportHint = 'Export it as a text encoder: optimum-cli export onnx --task feature-extraction.';

const tokenOutputs = ['token_embeddings', 'last_hidden_state'];
const sentenceOutputs = ['sentence_embedding', 'sentence_embeddings'];
/** Of rank 3 or 2, but no embeddings. */
const otherOutput = /^(logits|pooler_output|present|past|attentions?|hidden_states\.)/;

/**
 * Finds the graph's output by name and rank, and checks that every input is known. Vectors of tokens are taken where there are any, so
 * that a request can choose the pooling; `preferPooled` takes the graph's own vectors of texts first, where it has them.
 * @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED
 */
export function openEncoderGraph(session: OnnxSession, { preferPooled = false } = {}): EncoderGraph {
  const unknown = session.inputs.find((input) => !fillerFor(input.name));
  if (unknown) {
    throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
      message: `The graph of this model wants the input "${unknown.name}", which llmi does not know.`,
      hint: exportHint,
    });
  }
  const { output, poolsItself } = chooseOutput(session.outputs, preferPooled);
  return {
    poolsItself,
    async run(texts, padId, signal) {
      const tokens = Math.max(...texts.map(({ ids }) => ids.length));
      const feeds = Object.fromEntries(session.inputs.map((input) => [input.name, fillerFor(input.name)!(input, texts, tokens, padId)]));
      const result = (await session.run(feeds, { outputs: [output], signal }))[output]!;
      return { values: toFloat32(result), tokens, dim: result.shape.at(-1)! };
    },
  };
}

function chooseOutput(outputs: readonly OnnxValueInfo[], preferPooled: boolean): { output: string; poolsItself: boolean } {
  const candidates = outputs.filter(({ name }) => !otherOutput.test(name));
  const byName = (names: string[]) => candidates.find(({ name }) => names.includes(name));
  const byRank = (rank: number) => candidates.find(({ shape }) => shape.length === rank);
  const tokens = byName(tokenOutputs) ?? byRank(3);
  const pooled = byName(sentenceOutputs);
  if (tokens && !(preferPooled && pooled)) return { output: tokens.name, poolsItself: false };
  const sentence = pooled ?? byRank(2);
  if (sentence) return { output: sentence.name, poolsItself: true };
  throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
    message: `The graph of this model gives ${outputs.map(({ name }) => name).join(', ')}, but no embeddings.`,
    hint: exportHint,
  });
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
  const values = texts.flatMap((text) => Array.from({ length: tokens }, (_, index) => valueAt(text, index)));
  if (input.dtype === 'int32') return { dtype: 'int32', shape, data: Int32Array.from(values) };
  return { dtype: 'int64', shape, data: BigInt64Array.from(values, BigInt) };
}
