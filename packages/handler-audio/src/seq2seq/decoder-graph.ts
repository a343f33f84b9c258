import { LlmiError } from '@llmi/core';
import { toFloat32, type OnnxSession, type OnnxTensor, type OnnxValueInfo } from '@llmi/runtime-onnx';
import { floatTensor, integers, ones, zeros } from '../tensors.js';

/** What a step says of the next token. */
export interface StepOutput {
  /** [rows, vocabulary]: one row for each token of the step, or for the last one alone. */
  logits: Float32Array;
  rows: number;
  /** Per layer [1, heads, rows, encoder positions], from exports that have them. */
  crossAttentions: OnnxTensor[];
}

/** Sizes that an export may leave open. */
export interface DecoderShape {
  heads: number;
  headSize: number;
}

/**
 * A decoder that attends to an encoder, in any of the layouts it is exported in: one graph with both branches (merged), one for the
 * first step and one for those after it, or one without a cache.
 */
export class DecoderGraph {
  constructor(
    /** The merged graph, or the one for the first step. */
    readonly first: OnnxSession,
    /** The one for the steps after it. */
    readonly next: OnnxSession | undefined,
    private readonly shape: DecoderShape,
  ) {}

  get hasCrossAttentions(): boolean {
    return [this.first, this.next].every((session) => session === undefined || session.outputs.some(({ name }) => name.startsWith('cross_attentions')));
  }

  /** A new sequence of tokens for what the encoder gave. `maskLength`: of the encoder's mask, where it is not that of its states. */
  start(encoderStates: OnnxTensor, maskLength = encoderStates.shape[1]!): DecoderSequence {
    return new DecoderSequence(this, encoderStates, maskLength, this.shape);
  }
}

/** One sequence of tokens with its cache. */
export class DecoderSequence {
  #cache: Record<string, OnnxTensor> = {};
  #tokens: number[] = [];
  #steps = 0;

  constructor(
    private readonly graph: DecoderGraph,
    private readonly encoderStates: OnnxTensor,
    private readonly maskLength: number,
    private readonly shape: DecoderShape,
  ) {}

  /** Adds tokens and gives what may follow them. */
  async step(tokens: readonly number[], { attentions = false, signal }: { attentions?: boolean; signal?: AbortSignal } = {}): Promise<StepOutput> {
    const { first, next } = this.graph;
    const isFirst = this.#steps === 0;
    const session = isFirst || !next ? first : next;
    const hasCache = session.outputs.some(({ name }) => name.startsWith('present'));
    this.#tokens.push(...tokens);
    this.#steps++;
    const given = hasCache ? tokens : this.#tokens; // without a cache every step reads everything again
    const feeds = Object.fromEntries(session.inputs.map((input) => [input.name, this.#feed(input, given, isFirst)]));
    // What the encoder said does not change, and is not copied again.
    const outputs = session.outputs.map(({ name }) => name).filter((name) => name === 'logits' || (name.startsWith('present') && (isFirst || !name.includes('.encoder.'))) || (attentions && name.startsWith('cross_attentions')));
    const results = await session.run(feeds, { outputs, signal });
    for (const [name, tensor] of Object.entries(results)) {
      if (name.startsWith('present')) this.#cache[name.replace('present', 'past_key_values')] = tensor;
    }
    const logits = results.logits!;
    const crossAttentions = outputs.filter((name) => name.startsWith('cross_attentions')).map((name) => results[name]!);
    return { logits: toFloat32(logits), rows: logits.shape[1]!, crossAttentions };
  }

  #feed(input: OnnxValueInfo, tokens: readonly number[], isFirst: boolean): OnnxTensor {
    const { name } = input;
    const past = this.#tokens.length - tokens.length;
    if (name === 'input_ids' || name === 'decoder_input_ids') return integers([1, tokens.length], tokens);
    if (name === 'encoder_hidden_states') return floatTensor(this.encoderStates, input.dtype);
    if (name === 'use_cache_branch') return { dtype: 'bool', shape: [1], data: Uint8Array.of(isFirst ? 0 : 1) };
    if (name.startsWith('past_key_values')) return this.#cache[name] ?? this.#emptyCache(input);
    if (name === 'encoder_attention_mask') return ones([1, this.maskLength]);
    if (name === 'attention_mask' || name === 'decoder_attention_mask') return ones([1, this.#tokens.length]);
    if (name === 'cache_position') return integers([tokens.length], tokens.map((_, index) => past + index));
    if (name === 'position_ids' || name === 'decoder_position_ids') return integers([1, tokens.length], tokens.map((_, index) => past + index));
    throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: `The decoder takes "${name}", which is not known here.`, hint: 'Export the model again with optimum, or use another repository of it.' });
  }

  #emptyCache({ shape, dtype }: OnnxValueInfo): OnnxTensor {
    const [, heads, , headSize] = shape;
    const size = (given: number | string | undefined, usual: number) => (typeof given === 'number' && given > 0 ? given : usual);
    return zeros([1, size(heads, this.shape.heads), 0, size(headSize, this.shape.headSize)], dtype);
  }
}
