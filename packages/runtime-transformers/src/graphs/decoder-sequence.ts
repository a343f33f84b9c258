import { toFloat32, type OnnxSession, type OnnxTensor, type OnnxValueInfo } from '@llmi/runtime-onnx';
import type { TokenSequence } from '../generation/token-sequence.js';
import type { DecoderGraph, Embedder, EncoderOutput, PositionsOf } from './decoder-graph.js';
import { hasCache } from './has-cache.js';
import { filledTensor, firstPositions, floatTensor, gatherRows, integerTensor } from './tensors.js';

/** Sequences of tokens of one length with their cache: one to begin with, several when a beam search follows several. */
export class DecoderSequence implements TokenSequence {
  #cache: Record<string, OnnxTensor> = {};
  #rows: number[][] = [[]];
  #isFirst = true;
  /** Of the encoder, for the rows there are. */
  #states: OnnxTensor | undefined;

  constructor(
    private readonly graph: DecoderGraph,
    private readonly encoder: EncoderOutput | undefined,
    private readonly embed?: Embedder,
    private readonly positionsOf?: PositionsOf,
  ) {
    this.#states = encoder?.states;
  }

  /** The tokens of each row so far. */
  get rows(): readonly (readonly number[])[] {
    return this.#rows;
  }

  /** Adds tokens to every row and gives the logits of what follows ([vocabulary] for each row), or the last hidden states ([size]). */
  async step(added: readonly (readonly number[])[], signal?: AbortSignal): Promise<Float32Array[]> {
    const chunk = this.graph.chunkTokens;
    const length = added[0]!.length;
    for (let start = 0; start + chunk < length; start += chunk) await this.#run(added.map((row) => row.slice(start, start + chunk)), false, signal);
    const rest = length <= chunk ? 0 : Math.floor((length - 1) / chunk) * chunk;
    return this.#run(added.map((row) => row.slice(rest)), true, signal);
  }

  /** Goes on with some of the rows, in another order; a row may be taken several times. */
  select(order: readonly number[]): void {
    const changesCount = order.length !== this.#rows.length;
    this.#rows = order.map((row) => [...this.#rows[row]!]);
    for (const [name, tensor] of Object.entries(this.#cache)) {
      // What the encoder said is the same in every row.
      if (changesCount || !name.includes('.encoder.')) this.#cache[name] = gatherRows(tensor, order);
    }
    if (this.#states && changesCount) this.#states = gatherRows(this.#states, order);
  }

  /** Bytes of what is kept of the tokens so far. */
  get cacheBytes(): number {
    return Object.values(this.#cache).reduce((sum, { data }) => sum + (data as Float32Array).byteLength, 0);
  }

  /** A new sequence that begins with the first `length` tokens of this one; undefined where what is kept of them cannot be cut. */
  fork(length: number): DecoderSequence | undefined {
    const { first, next } = this.graph;
    const [row] = this.#rows;
    if (this.#rows.length !== 1 || !row || length > row.length || next || this.encoder || first.inputs.some(({ name }) => name === 'use_cache_branch')) return undefined;
    const cut = Object.entries(this.#cache).map(([name, tensor]) => [name, firstPositions(tensor, row.length, length)] as const);
    if (cut.length === 0 || cut.some(([, tensor]) => tensor === undefined)) return undefined;
    const forked = new DecoderSequence(this.graph, undefined, this.embed, this.positionsOf);
    forked.#cache = Object.fromEntries(cut) as Record<string, OnnxTensor>;
    forked.#rows = [row.slice(0, length)];
    forked.#isFirst = false;
    return forked;
  }

  async #run(added: readonly (readonly number[])[], wantsLogits: boolean, signal?: AbortSignal): Promise<Float32Array[]> {
    const { first, next } = this.graph;
    const session = this.#isFirst || !next ? first : next;
    added.forEach((tokens, row) => this.#rows[row]!.push(...tokens));
    const given = hasCache(session) ? added : this.#rows; // without a cache every step reads everything again
    const vectors = session.inputs.some(({ name }) => name === 'inputs_embeds') ? await this.#vectors(given, signal) : undefined;
    const feeds = Object.fromEntries(session.inputs.map((input) => [input.name, input.name === 'inputs_embeds' ? floatTensor(vectors!, input.dtype) : this.#feed(input, given)]));
    const results = await session.run(feeds, { outputs: this.#outputs(session, wantsLogits), signal });
    for (const [name, tensor] of Object.entries(results)) {
      if (name.startsWith('present')) this.#cache[pastName(name)] = tensor;
    }
    this.#isFirst = false;
    return wantsLogits ? lastRows(results[this.graph.answer]!) : [];
  }

  /** One row of vectors for each row of tokens. */
  async #vectors(given: readonly (readonly number[])[], signal?: AbortSignal): Promise<OnnxTensor> {
    const position = this.#rows[0]!.length - given[0]!.length;
    const made: OnnxTensor[] = [];
    for (const row of given) made.push(await this.embed!(row, position, signal));
    const [first, ...others] = made;
    if (others.length === 0) return first!;
    const each = toFloat32(first!).length;
    const data = new Float32Array(made.length * each);
    made.forEach((vectors, row) => data.set(toFloat32(vectors), row * each));
    return { dtype: 'float32', shape: [made.length, ...first!.shape.slice(1)], data };
  }

  /** What the encoder said does not change after the first step, and is not copied again. */
  #outputs({ outputs }: OnnxSession, wantsLogits: boolean): string[] {
    const names = outputs.map(({ name }) => name);
    return names.filter((name) => (name === this.graph.answer && wantsLogits) || (name.startsWith('present') && (this.#isFirst || !name.includes('.encoder.'))));
  }

  #feed(input: OnnxValueInfo, given: readonly (readonly number[])[]): OnnxTensor {
    const { name, dtype } = input;
    const count = given.length;
    const [length, total] = [given[0]!.length, this.#rows[0]!.length];
    const positions = Array.from({ length }, (_, index) => total - length + index);
    switch (name) {
      case 'input_ids':
      case 'decoder_input_ids':
        return integerTensor([count, length], given.flat(), dtype);
      case 'encoder_hidden_states':
        return floatTensor(this.#states!, dtype);
      case 'encoder_attention_mask': {
        const mask = this.encoder!.mask ?? new Array<number>(this.#states!.shape[1]!).fill(1);
        return integerTensor([count, mask.length], given.flatMap(() => [...mask]), dtype);
      }
      case 'use_cache_branch':
        return { dtype: 'bool', shape: [1], data: Uint8Array.of(this.#isFirst ? 0 : 1) };
      case 'attention_mask':
      case 'decoder_attention_mask':
        return filledTensor([count, total], 1, dtype ?? 'int64');
      case 'cache_position':
        return integerTensor([length], positions, dtype);
      case 'position_ids':
      case 'decoder_position_ids': {
        const axes = this.positionsOf?.(total - length, length);
        if (axes) return integerTensor([axes.length, count, length], axes.flatMap((axis) => given.flatMap(() => [...axis])), dtype);
        return integerTensor([count, length], given.flatMap(() => positions), dtype);
      }
      case 'num_logits_to_keep':
        return integerTensor(input.shape.length === 0 ? [] : [1], [1], dtype);
      default:
        return this.#cache[name] ?? this.#emptyCache(input, count);
    }
  }

  /** Before the first step: no positions, and zeros where a state has a fixed size. */
  #emptyCache({ shape, dtype }: OnnxValueInfo, count: number): OnnxTensor {
    const { heads, headSize } = this.graph.shape;
    const open = [count, heads ?? 0, 0, headSize ?? 0];
    return filledTensor(shape.map((size, axis) => (axis > 0 && typeof size === 'number' && size >= 0 ? size : (open[axis] ?? 0))), 0, dtype);
  }
}

/** `present.0.key` to `past_key_values.0.key`; states of other kinds (present_conv.0) keep their kind. */
function pastName(present: string): string {
  return present.startsWith('present.') ? present.replace('present', 'past_key_values') : present.replace('present', 'past');
}

/** The logits of the last token of each row, of [rows, tokens, vocabulary]. */
function lastRows(logits: OnnxTensor): Float32Array[] {
  const data = toFloat32(logits);
  const [rows, tokens, vocabulary] = logits.shape as [number, number, number];
  return Array.from({ length: rows }, (_, row) => data.slice(((row + 1) * tokens - 1) * vocabulary, (row + 1) * tokens * vocabulary));
}
