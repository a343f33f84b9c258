import { LlmiError } from '@llmi/core';
import type { OnnxTensor } from '@llmi/runtime-onnx';
import type { Components } from '../components/components.js';
import { float32, type Graph } from '../components/graph.js';
import type { Tensor } from '../components/tensor.js';
import { promptChunks, type PromptChunk } from '../prompt/prompt-chunks.js';
import { loadClipTokenizer } from '../tokenizers/clip-tokenizer.js';
import { applyFinalLayerNorm } from './final-layer-norm.js';
import { weighTokens } from './weigh-tokens.js';

/** Which of the encoder's states conditions the denoiser. */
export interface HiddenChoice {
  /** Layers left out at the end; undefined takes what comes after the last layer and its norm. */
  skip?: number;
  /** Whether the final layer norm is laid over an earlier state: Stable Diffusion 1 and 2 do, later models do not. */
  normalizes: boolean;
}

export interface PromptOptions {
  /** Understands (word:1.3) and [word], as stable-diffusion-webui does. */
  weighting?: boolean;
  /** Encodes longer prompts in chunks of 77 tokens; otherwise they are cut off. */
  longPrompts?: boolean;
}

/** Prompts that are encoded alike. Without a choice the states are left out. */
export interface ClipPrompts {
  prompts: readonly string[];
  hidden?: HiddenChoice;
}

export interface ClipOptions extends PromptOptions {
  /** The output with the meaning of the whole prompt, if it is needed. */
  pooled?: 'pooler_output' | 'text_embeds';
  signal?: AbortSignal;
}

export interface ClipText {
  /** [prompts, tokens, channels]; empty where no state was asked for. */
  hidden: Tensor;
  pooled?: Tensor; // [prompts, channels]
  /** Ends of prompts that were too long, which the encoder has not seen. */
  truncated: string[];
}

type EncoderConfig = Record<string, unknown> & { eosId: number };

const hiddenName = /^hidden_states[._](\d+)$/;

/**
 * What a CLIP text encoder makes of lists of prompts. All lists come out with equally many tokens.
 * @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED when the graph does not give the state that is needed, INPUT_INVALID for `clip_skip`
 */
export async function encodeClip(components: Components, name: string, lists: readonly ClipPrompts[], options: ClipOptions): Promise<ClipText[]> {
  const tokenizer = await components.remember(tokenizerOf(name), () => loadClipTokenizer(components.folderOf(tokenizerOf(name))));
  const chunked = lists.map(({ prompts }) => prompts.map((prompt) => promptChunks(tokenizer, prompt, options)));
  const most = Math.max(...chunked.flat().map(({ chunks }) => chunks.length));
  const [filler] = promptChunks(tokenizer, '').chunks;
  await using lease = await components.lease(name, options.signal);
  const texts: ClipText[] = [];
  for (const [index, prompts] of chunked.entries()) {
    const filled = prompts.map(({ chunks }) => [...chunks, ...Array<PromptChunk>(most - chunks.length).fill(filler!)]);
    const truncated = prompts.flatMap((prompt) => prompt.truncated ?? []);
    const text = await encode(lease.graph, filled, { ...options, hidden: lists[index]!.hidden }, { ...components.config(name), eosId: tokenizer.eosId });
    texts.push({ ...text, truncated });
  }
  return texts;
}

/** Encoders and their tokenizers are numbered alike. */
export const tokenizerOf = (encoder: string) => encoder.replace('text_encoder', 'tokenizer');

async function encode(graph: Graph, prompts: PromptChunk[][], { hidden: choice, pooled, signal }: ClipOptions & Pick<ClipPrompts, 'hidden'>, config: EncoderConfig): Promise<Omit<ClipText, 'truncated'>> {
  const chunks = prompts.flat();
  const length = chunks[0]!.ids.length;
  const ids = { data: Float32Array.from(chunks.flatMap((chunk) => chunk.ids)), shape: [chunks.length, length] };
  const feeds: Record<string, OnnxTensor> = graph.tensors({ input_ids: ids, attention_mask: { data: attentionMask(chunks, config), shape: ids.shape } });
  const names = choice ? statesFor(graph, choice) : [];
  const outputs = await graph.run(feeds, [...new Set([...names, ...(pooled ? [outputNamed(graph, pooled)] : [])])], signal);

  const [stateName, lastName, normedName] = names;
  let hidden: Tensor = { data: new Float32Array(), shape: [0, 0, 0] };
  if (stateName !== undefined) {
    hidden = float32(outputs[stateName]!);
    if (lastName !== undefined) hidden = applyFinalLayerNorm(hidden, float32(outputs[lastName]!), float32(outputs[normedName!]!), normEpsilon(config));
    hidden = weighTokens(hidden, chunks);
    // Chunks of a prompt follow each other: [prompts x chunks, 77, channels] is [prompts, chunks x 77, channels].
    hidden = { data: hidden.data, shape: [prompts.length, (chunks.length / prompts.length) * length, hidden.shape[2]!] };
  }
  return { hidden, ...(pooled ? { pooled: firstChunks(float32(outputs[pooled]!), prompts.length) } : {}) };
}

/** The state, and where the norm has to be found out the last state before and after it. */
function statesFor(graph: Graph, { skip, normalizes }: HiddenChoice): string[] {
  if (skip === undefined) return [outputNamed(graph, 'last_hidden_state')];
  const states = graph.outputNames.filter((name) => hiddenName.test(name)).sort((left, right) => indexOf(left) - indexOf(right));
  if (states.length === 0) {
    throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: `The text encoder "${graph.name}" gives its last hidden state only.`, hint: 'Leave out clip_skip, or export the encoder with output_hidden_states.' });
  }
  const state = states[states.length - 1 - skip];
  if (state === undefined) {
    throw new LlmiError('INPUT_INVALID', { message: `The text encoder has ${states.length - 1} layers: ${skip} of them cannot be left out.`, hint: `Use a clip_skip of at most ${states.length - 1}.`, param: 'clip_skip' });
  }
  return normalizes ? [state, states.at(-1)!, outputNamed(graph, 'last_hidden_state')] : [state];
}

const indexOf = (name: string) => Number(hiddenName.exec(name)![1]);

function outputNamed(graph: Graph, name: string): string {
  if (graph.outputNames.includes(name)) return name;
  throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: `The text encoder "${graph.name}" has no output "${name}"; it has ${graph.outputNames.join(', ')}.`, hint: 'Export the model with optimum.' });
}

/** Nearly all CLIP encoders see the padding too; some say that they do not. */
function attentionMask(chunks: PromptChunk[], { use_attention_mask, eosId }: EncoderConfig): Float32Array {
  return Float32Array.from(chunks.flatMap(({ ids }) => ids.map((_, index) => (use_attention_mask !== true || index <= ids.indexOf(eosId) ? 1 : 0))));
}

const normEpsilon = ({ layer_norm_eps }: Record<string, unknown>) => (typeof layer_norm_eps === 'number' ? layer_norm_eps : 1e-5);

/** Of [prompts x chunks, channels] the rows of first chunks. */
function firstChunks({ data, shape }: Tensor, prompts: number): Tensor {
  const [rows, channels] = shape as [number, number];
  const result = new Float32Array(prompts * channels);
  for (let prompt = 0; prompt < prompts; prompt++) {
    const start = prompt * (rows / prompts) * channels;
    result.set(data.subarray(start, start + channels), prompt * channels);
  }
  return { data: result, shape: [prompts, channels] };
}
