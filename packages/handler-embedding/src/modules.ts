import { jsonFile, LlmiError, parseInput, type ModelInfo } from '@llmi/core';
import { z } from 'zod';
import type { PoolingMode } from './pooling.js';

/** A step after pooling. Its weights are in `folder`. */
export type VectorStep =
  | { type: 'dense'; folder: string; outFeatures: number; activation: string; residual: boolean }
  | { type: 'layer-norm'; folder: string }
  | { type: 'normalize' };

/** How a model makes a sentence vector: encoder, pooling, then steps on the vector. */
export interface SentencePipeline {
  /** Folder of the encoder's tokenizer and settings: '' or such as 0_Transformer. */
  transformerFolder: string;
  /** Concatenated when there are several. */
  pooling: PoolingMode[];
  /** False leaves the tokens of the prompt out of pooling. */
  includePrompt: boolean;
  steps: VectorStep[];
  /** The last step scales vectors to length 1; it is not among `steps`. */
  normalized: boolean;
  /** Of the vectors, where the files say it. */
  dimensions: number | undefined;
  /** False when the repository does not say how to pool, and the defaults of sentence-transformers stand in. */
  declared: boolean;
}

const poolingModes = ['cls', 'max', 'mean', 'mean_sqrt_len_tokens', 'weightedmean', 'lasttoken'] as const satisfies PoolingMode[];

/** In the order of concatenation. Source: sentence-transformers 6.2, modules/pooling.py. */
const poolingFlags: Record<string, PoolingMode> = {
  pooling_mode_cls_token: 'cls',
  pooling_mode_max_tokens: 'max',
  pooling_mode_mean_tokens: 'mean',
  pooling_mode_mean_sqrt_len_tokens: 'mean_sqrt_len_tokens',
  pooling_mode_weightedmean_tokens: 'weightedmean',
  pooling_mode_lasttoken: 'lasttoken',
};

const modulesSchema = z.array(z.looseObject({ idx: z.int().optional(), path: z.string().default(''), type: z.string() })).min(1);
const poolingSchema = z.looseObject({
  embedding_dimension: z.int().positive().optional(),
  word_embedding_dimension: z.int().positive().optional(),
  pooling_mode: z.union([z.enum(poolingModes), z.array(z.enum(poolingModes)).min(1)]).optional(),
  include_prompt: z.boolean().default(true),
});
const denseSchema = z.looseObject({
  out_features: z.int().positive(),
  activation_function: z.string().default('torch.nn.modules.activation.Tanh'),
  module_input_name: z.literal('sentence_embedding').default('sentence_embedding'),
  use_residual: z.boolean().default(false),
});

/**
 * What modules.json and the configurations it points to say. A repository without modules.json gets mean pooling (last token for a
 * causal model), as in sentence-transformers.
 * @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED for a module that llmi does not know, MODEL_FILE_CORRUPT, MODEL_FILE_MISSING
 */
export function readPipeline(model: ModelInfo): SentencePipeline {
  const list = model.json['modules.json'];
  if (list === undefined) return undeclaredPipeline(model);
  const modules = parseFile('modules.json', modulesSchema, list);
  const names = modules.map(({ type }) => type.split('.').at(-1)!);
  if (names[0] !== 'Transformer') throw unsupported(names[0]!, 'as its encoder');
  const transformerFolder = cleanFolder(modules[0]!.path);
  const hasPooling = names[1] === 'Pooling';
  const pooling = hasPooling ? readPooling(model, cleanFolder(modules[1]!.path)) : undefined;
  if (!pooling) throw unsupported(names[1] ?? 'nothing', 'where its pooling should be');
  let dimensions = pooling.dimensions ?? defaultDimensions(model, transformerFolder, pooling.modes);
  const steps: VectorStep[] = [];
  for (const [index, name] of names.slice(2).entries()) {
    const step = readStep(model, name, cleanFolder(modules[index + 2]!.path));
    if (!step) continue;
    if (step.type === 'dense') dimensions = step.outFeatures;
    steps.push(step);
  }
  const normalized = steps.at(-1)?.type === 'normalize';
  return {
    transformerFolder,
    pooling: pooling.modes,
    includePrompt: pooling.includePrompt,
    steps: normalized ? steps.slice(0, -1) : steps,
    normalized,
    dimensions,
    declared: true,
  };
}

function undeclaredPipeline(model: ModelInfo): SentencePipeline {
  const found = model.json['1_Pooling/config.json'] === undefined ? undefined : readPooling(model, '1_Pooling');
  const isCausal = model.architectures.some((name) => name.endsWith('ForCausalLM'));
  const modes = found?.modes ?? [isCausal ? 'lasttoken' : 'mean'];
  return {
    transformerFolder: '',
    pooling: modes,
    includePrompt: found?.includePrompt ?? true,
    steps: [],
    normalized: false,
    dimensions: found?.dimensions ?? defaultDimensions(model, '', modes),
    declared: found !== undefined,
  };
}

function readPooling(model: ModelInfo, folder: string): { modes: PoolingMode[]; includePrompt: boolean; dimensions: number | undefined } {
  const path = inFolder(folder, 'config.json');
  const config = parseFile(path, poolingSchema, requireJson(model, path));
  const flagged = Object.entries(poolingFlags).flatMap(([flag, mode]) => (config[flag] === true ? [mode] : []));
  const declared = config.pooling_mode === undefined ? flagged : [config.pooling_mode].flat();
  const modes = declared.length > 0 ? declared : (['mean'] satisfies PoolingMode[]);
  const width = config.embedding_dimension ?? config.word_embedding_dimension;
  return { modes, includePrompt: config.include_prompt, dimensions: width === undefined ? undefined : width * modes.length };
}

function readStep(model: ModelInfo, name: string, folder: string): VectorStep | undefined {
  if (name === 'Normalize') return { type: 'normalize' };
  if (name === 'Dropout') return undefined; // does nothing outside of training
  if (name === 'LayerNorm') return { type: 'layer-norm', folder };
  if (name !== 'Dense') throw unsupported(name, 'after its pooling');
  const path = inFolder(folder, 'config.json');
  const config = parseFile(path, denseSchema, requireJson(model, path));
  return { type: 'dense', folder, outFeatures: config.out_features, activation: config.activation_function, residual: config.use_residual };
}

function defaultDimensions(model: ModelInfo, folder: string, modes: PoolingMode[]): number | undefined {
  const config = jsonFile(model, inFolder(folder, 'config.json')) ?? {};
  const width = [config.hidden_size, config.dim, config.n_embd, config.d_model].find((value) => typeof value === 'number');
  return width === undefined ? undefined : width * modes.length;
}

/** A path in the model's folder: '' is the folder itself. */
export function inFolder(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

/** A folder named in modules.json, which must be one inside the model's folder. */
function cleanFolder(path: string): string {
  const parts = path.split(/[/\\]/).filter((part) => part !== '' && part !== '.');
  if (parts.includes('..') || /^([/\\]|[a-z]:)/i.test(path)) {
    throw new LlmiError('MODEL_FILE_REFUSED', {
      message: `modules.json points to "${path}", which is not in the model's folder.`,
      hint: 'Do not trust this model unless you made it.',
    });
  }
  return parts.join('/');
}

function requireJson(model: ModelInfo, path: string): unknown {
  const value = model.json[path];
  if (value !== undefined) return value;
  throw new LlmiError('MODEL_FILE_MISSING', { message: `The model file ${path} is missing.`, hint: 'Install the model again.' });
}

function parseFile<Schema extends z.ZodType>(path: string, schema: Schema, value: unknown): z.output<Schema> {
  try {
    return parseInput(schema, value);
  } catch (cause) {
    throw new LlmiError('MODEL_FILE_CORRUPT', {
      message: `The model file ${path} is not what it should be. ${LlmiError.from(cause).message}`,
      hint: 'Install the model again; if that does not help, its author uploaded a broken file.',
      cause,
    });
  }
}

function unsupported(name: string, where: string): LlmiError {
  return new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
    message: `This model has ${name} ${where}, which llmi cannot run.`,
    hint: 'Text encoders with Pooling, Dense, LayerNorm and Normalize are supported.',
  });
}
