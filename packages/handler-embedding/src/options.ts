import { LlmiError, toSnakeCase, type GenerateRequest } from '@llmi/core';
import type { SentencePipeline } from './modules.js';
import type { PoolingMode } from './pooling.js';
import type { Precision } from './quantize-vectors.js';
import type { TextSettings } from './text-settings.js';

/** A request for embeddings with every default filled in. */
export interface EmbedOptions {
  texts: string[];
  /** Put before every text. */
  prompt: string;
  normalize: boolean;
  pooling: PoolingMode[];
  /** Leading dimensions to keep; undefined for all. */
  dimensions: number | undefined;
  truncate: boolean;
  precision: Precision;
  /** What bytes are scaled by; default: the vectors of the request. */
  ranges: number[][] | undefined;
  /** Late chunking: tokens of a piece; undefined for a vector of the whole text. */
  chunkTokens: number | undefined;
}

/** What a model lets a request choose. */
export interface EmbedFacts {
  pipeline: SentencePipeline;
  settings: TextSettings;
}

export const embeddingTasks = ['feature-extraction', 'sentence-similarity'];

const takenFields = new Set(['model', 'mode', 'task', 'texts', 'prompt', 'normalize', 'pooling', 'dimensions', 'promptName', 'truncate', 'precision', 'ranges', 'chunkTokens']);

/** Names that models give to the prompt of a document. */
const documentPrompts = ['document', 'passage', 'corpus'];

/** The modes that a model has beyond auto, each with the name of its prompt. */
export function promptModes({ declaredPrompts }: TextSettings): Record<string, string> {
  const document = documentPrompts.find((name) => declaredPrompts.includes(name));
  return {
    ...(declaredPrompts.includes('query') ? { query: 'query' } : {}),
    ...(document === undefined ? {} : { document }),
  };
}

/** What a request may give as its mode. */
function supportedModes(settings: TextSettings): string[] {
  return ['auto', ...Object.keys(promptModes(settings))];
}

/**
 * Checks a request against the model and fills in its defaults.
 * @throws {LlmiError} INPUT_UNSUPPORTED, INPUT_INVALID, MODE_UNSUPPORTED, TASK_UNSUPPORTED
 */
export function resolveEmbedOptions(request: GenerateRequest, { pipeline, settings }: EmbedFacts): EmbedOptions {
  refuseOtherFields(request);
  const mode = request.mode ?? 'auto';
  const modes = supportedModes(settings);
  if (!modes.includes(mode)) {
    throw new LlmiError('MODE_UNSUPPORTED', { message: `This model has no mode "${mode}".`, hint: `Use one of: ${modes.join(', ')}.`, param: 'mode' });
  }
  if (request.task !== undefined && !embeddingTasks.includes(request.task)) {
    throw new LlmiError('TASK_UNSUPPORTED', {
      message: `This model has no task "${request.task}".`,
      hint: `Use one of: ${embeddingTasks.join(', ')}.`,
      param: 'task',
    });
  }
  if (request.pooling !== undefined && pipeline.pooling.length > 1 && pipeline.steps.length > 0) {
    throw new LlmiError('INPUT_UNSUPPORTED', {
      message: `The layers after pooling of this model were made for ${pipeline.pooling.join(' and ')} together.`,
      hint: 'Leave "pooling" out.',
      param: 'pooling',
    });
  }
  if (request.dimensions !== undefined && request.dimensions > (pipeline.dimensions ?? Infinity)) throw tooManyDimensions(pipeline.dimensions!);
  const pooling = request.pooling === undefined ? pipeline.pooling : [request.pooling];
  if (request.chunkTokens !== undefined) refuseUnchunkable(pooling);
  return {
    texts: readTexts(request),
    prompt: readPrompt(request.promptName ?? promptModes(settings)[mode] ?? settings.defaultPromptName, settings),
    normalize: request.normalize ?? pipeline.normalized,
    pooling,
    dimensions: request.dimensions,
    truncate: request.truncate ?? true,
    ...readPrecision(request),
    chunkTokens: request.chunkTokens,
  };
}

/** The number format of the answer. @throws {LlmiError} INPUT_UNSUPPORTED for ranges that nothing would be scaled by */
export function readPrecision({ precision = 'float32', ranges }: GenerateRequest): Pick<EmbedOptions, 'precision' | 'ranges'> {
  if (ranges !== undefined && precision !== 'int8' && precision !== 'uint8') {
    throw new LlmiError('INPUT_UNSUPPORTED', { message: '"ranges" is for bytes.', hint: 'Set "precision" to int8 or uint8, or leave "ranges" out.', param: 'ranges' });
  }
  return { precision, ranges };
}

/** The vector of a single token stands for a whole text, but not for a piece of it. */
function refuseUnchunkable(pooling: readonly PoolingMode[]): void {
  const one = pooling.find((mode) => mode === 'cls' || mode === 'lasttoken');
  if (one === undefined) return;
  throw new LlmiError('INPUT_UNSUPPORTED', {
    message: `This model pools by "${one}", a single token: its texts cannot be chunked late.`,
    hint: 'Split the texts before sending them, or use a model with mean pooling.',
    param: 'chunk_tokens',
  });
}

export function tooManyDimensions(has: number): LlmiError {
  return new LlmiError('INPUT_INVALID', {
    message: `This model has embeddings of ${has} dimensions.`,
    hint: `Ask for at most ${has}; models trained for it keep their meaning in the leading ones.`,
    param: 'dimensions',
  });
}

function refuseOtherFields(request: GenerateRequest): void {
  const other = Object.entries(request).find(([name, value]) => value !== undefined && !takenFields.has(name));
  if (!other) return;
  const param = toSnakeCase(other[0]);
  throw new LlmiError('INPUT_UNSUPPORTED', {
    message: `An embedding model has no use for "${param}".`,
    hint: `Leave it out; what counts here is: ${[...takenFields].slice(3).map(toSnakeCase).join(', ')}.`,
    param,
  });
}

function readTexts({ texts, prompt }: GenerateRequest): string[] {
  if (texts !== undefined && prompt !== undefined) throw invalidTexts('Both "texts" and "prompt" are given.', 'Give one of the two.');
  const given = texts ?? (prompt === undefined ? undefined : [prompt]);
  if (given === undefined) throw invalidTexts('There is nothing to embed.', 'Give "texts", a list of texts, or "prompt", a single one.');
  if (given.length === 0) throw invalidTexts('The list of texts is empty.', 'Give at least one text.');
  return given;
}

function invalidTexts(message: string, hint: string): LlmiError {
  return new LlmiError('INPUT_INVALID', { message, hint, param: 'texts' });
}

function readPrompt(name: string | undefined, { prompts }: TextSettings): string {
  if (name === undefined) return '';
  const prompt = Object.hasOwn(prompts, name) ? prompts[name] : undefined;
  if (prompt !== undefined) return prompt;
  throw new LlmiError('INPUT_INVALID', {
    message: `This model has no prompt named "${name}".`,
    hint: `Use one of: ${Object.keys(prompts).join(', ')}.`,
    param: 'prompt_name',
  });
}
