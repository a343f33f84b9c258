import { LlmiError } from '@llmi/core';
import type { OnnxSession, OnnxTensor, OnnxValueInfo } from '@llmi/runtime-onnx';
import { DecoderSequence } from './decoder-sequence.js';
import { hasCache } from './has-cache.js';

/** What an encoder made of the input of a request. */
export interface EncoderOutput {
  /** [1, positions, size] */
  states: OnnxTensor;
  /** Positions that count; without it all do. */
  mask?: readonly number[];
}

/**
 * Makes the vectors of tokens, for a decoder that takes vectors: [1, tokens, size]. `position` is that of the first one in the sequence:
 * some tokens stand for a part of a picture.
 */
export type Embedder = (ids: readonly number[], position: number, signal?: AbortSignal) => Promise<OnnxTensor>;

/** Places of `count` tokens from the one at `from` on, along each axis that the model counts: [axes][count]. */
export type PositionsOf = (from: number, count: number) => readonly (readonly number[])[];

/** Sizes that an export may leave open. */
export interface DecoderShape {
  heads?: number;
  headSize?: number;
}

/** Logits that one step may give: of a longer prompt they come in several. */
const maxLogitBytes = 64_000_000;
const minChunkTokens = 16;
const floatBytes = 4;

/**
 * A decoder in any of the layouts it is exported in: one graph (merged, or of a decoder-only model), one for the first step and one for
 * those after it, or one without a cache.
 */
export class DecoderGraph {
  /** @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED for a graph with inputs that are not known, or without logits */
  constructor(
    /** The merged graph, or the one for the first step. */
    readonly first: OnnxSession,
    /** The one for the steps after it. */
    readonly next: OnnxSession | undefined = undefined,
    readonly shape: DecoderShape = {},
  ) {
    for (const session of [first, ...(next ? [next] : [])]) {
      const unknown = session.inputs.find(({ name }) => !isKnownInput(name));
      if (unknown) throw unsupportedInput(unknown);
      if (!session.outputs.some(({ name }) => name === this.answer)) {
        throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: `The decoder gives ${session.outputs.map(({ name }) => name).join(', ')}, but no logits.`, hint: 'Export the model again with a task of text generation.' });
      }
    }
  }

  /** The output that tells what follows; without logits the hidden states, for graphs that turn them into some. */
  get answer(): 'logits' | 'last_hidden_state' {
    return this.first.outputs.some(({ name }) => name === 'last_hidden_state') && !this.first.outputs.some(({ name }) => name === 'logits') ? 'last_hidden_state' : 'logits';
  }

  /** It attends to an encoder. */
  get hasEncoder(): boolean {
    return this.first.inputs.some(({ name }) => name === 'encoder_hidden_states');
  }

  /** Tokens of a prompt that go through the graph at once. */
  get chunkTokens(): number {
    const vocabulary = this.first.outputs.find(({ name }) => name === this.answer)?.shape.at(-1);
    if (this.hasEncoder || !hasCache(this.first)) return Infinity;
    return Math.max(minChunkTokens, Math.floor(maxLogitBytes / ((typeof vocabulary === 'number' ? vocabulary : 150_000) * floatBytes)));
  }

  /** It takes vectors in place of tokens: `start` needs an embedder. */
  get takesVectors(): boolean {
    return this.first.inputs.some(({ name }) => name === 'inputs_embeds');
  }

  /**
   * A new sequence of tokens, for what an encoder gave where there is one, with what makes vectors of tokens where they are wanted, and
   * with their places where they are more than one after the other.
   */
  start(encoder?: EncoderOutput, embed?: Embedder, positionsOf?: PositionsOf): DecoderSequence {
    return new DecoderSequence(this, encoder, embed, positionsOf);
  }
}

const knownInputs = [
  'input_ids',
  'inputs_embeds',
  'decoder_input_ids',
  'encoder_hidden_states',
  'use_cache_branch',
  'encoder_attention_mask',
  'attention_mask',
  'decoder_attention_mask',
  'cache_position',
  'position_ids',
  'decoder_position_ids',
  'num_logits_to_keep',
];

function isKnownInput(name: string): boolean {
  return name.startsWith('past') || knownInputs.includes(name);
}

function unsupportedInput({ name }: OnnxValueInfo): LlmiError {
  return new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: `The decoder takes "${name}", which llmi does not know.`, hint: 'Export the model again with optimum, or use another repository of it.' });
}
