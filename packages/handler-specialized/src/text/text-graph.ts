import { join } from 'node:path';
import { LlmiError, type ModelInfo } from '@llmi/core';
import { OnnxSession, toFloat32, type OnnxTensor, type OnnxValueInfo } from '@llmi/runtime-onnx';
import { chooseGraphs, integerTensor, modelJson, TextTokenizer, type GraphSets, type LaidOutToken } from '@llmi/runtime-transformers';
import type { LoadContext } from '../specialist.js';

/** An encoder of texts with a head is one graph. */
export const textGraphs: GraphSets = [['model'], ['encoder_model']];

type Tokens = readonly Pick<LaidOutToken, 'id' | 'type'>[];

/** Settings whose first positions are taken: a position is counted from behind the padding token's. Source: transformers' modeling_roberta.py */
const offsetPositions = /^(roberta|xlm-roberta|camembert|xlm-roberta-xl|longformer|mpnet|roberta-prelayernorm|data2vec-text|ibert|luke|esm)$/;

/** A graph that reads tokens and gives scores, with what it needs to be asked. */
export class TextGraph implements AsyncDisposable {
  private constructor(
    readonly tokenizer: TextTokenizer,
    readonly config: Record<string, unknown>,
    readonly info: { device: string; dtype: string; threads: number; contextLength?: number },
    private readonly session: OnnxSession,
  ) {}

  static async load({ model, folder, options: { dtype, ...options } }: LoadContext): Promise<TextGraph> {
    const file = chooseGraphs(model, textGraphs, dtype)[0]!;
    const config = (await modelJson(model, folder, 'config.json')) ?? {};
    const tokenizer = await TextTokenizer.load(folder);
    const session = await OnnxSession.load(join(folder, file.path), options);
    try {
      session.inputs.forEach(requireKnown);
      const contextLength = longestInput(model, config, tokenizer);
      return new TextGraph(tokenizer, config, { device: session.device, dtype: file.dtype, threads: session.threads, ...(contextLength === undefined ? {} : { contextLength }) }, session);
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Tokens that one run takes. */
  get maxTokens(): number {
    return this.info.contextLength ?? Infinity;
  }

  /** The outputs of that name, or the first ones where the graph calls them otherwise, for one sequence of tokens. */
  async run(tokens: Tokens, names: readonly string[], signal?: AbortSignal): Promise<{ data: Float32Array; shape: readonly number[] }[]> {
    const given = this.session.outputs.map(({ name }) => name);
    const outputs = names.every((name) => given.includes(name)) ? names : given.slice(0, names.length);
    const results = await this.session.run(Object.fromEntries(this.session.inputs.map((input) => [input.name, feed(input, tokens)])), { outputs, signal });
    return outputs.map((name) => ({ data: toFloat32(results[name]!), shape: results[name]!.shape }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]();
  }
}

const feeders: Record<string, (token: Tokens[number], index: number) => number> = {
  input_ids: ({ id }) => id,
  attention_mask: () => 1,
  token_type_ids: ({ type }) => type,
  position_ids: (_, index) => index,
};

function feed({ name, dtype }: OnnxValueInfo, tokens: Tokens): OnnxTensor {
  return integerTensor([1, tokens.length], tokens.map(feeders[name]!), dtype);
}

function requireKnown({ name }: OnnxValueInfo): void {
  if (name in feeders) return;
  throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
    message: `The graph of this model wants the input "${name}", which llmi does not know.`,
    hint: 'Export it with optimum-cli export onnx, or run it as it is: task "tensors".',
  });
}

/** What the tokenizer and the table of positions have room for. */
function longestInput(model: ModelInfo, config: Record<string, unknown>, tokenizer: TextTokenizer): number | undefined {
  const positions = config.max_position_embeddings;
  const taken = offsetPositions.test(model.modelType ?? '') ? 1 + (typeof config.pad_token_id === 'number' ? config.pad_token_id : 1) : 0;
  const limits = [tokenizer.maxLength, typeof positions === 'number' && positions > 0 ? positions - taken : undefined].filter((limit) => limit !== undefined);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/** @throws {LlmiError} CONTEXT_LENGTH_EXCEEDED unless the request lets over-long texts be cut */
export function requireRoom(graph: TextGraph, fullLength: number, truncate: boolean | undefined, param: string): void {
  if (fullLength <= graph.maxTokens || truncate) return;
  throw new LlmiError('CONTEXT_LENGTH_EXCEEDED', {
    message: `The text has ${fullLength} tokens; this model reads ${graph.maxTokens}.`,
    hint: 'Shorten it, or set "truncate" to have its end cut off.',
    param,
  });
}
