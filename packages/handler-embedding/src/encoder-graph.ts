import { LlmiError } from '@llmi/core';
import { toFloat32, type OnnxSession, type OnnxValueInfo } from '@llmi/runtime-onnx';
import { longest, textFeeds } from './graph-feeds.js';
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
  const feeds = textFeeds(session, exportHint);
  const { output, poolsItself } = chooseOutput(session.outputs, preferPooled);
  return {
    poolsItself,
    async run(texts, padId, signal) {
      const tokens = longest(texts);
      const result = (await session.run(feeds(texts, tokens, padId), { outputs: [output], signal }))[output]!;
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
