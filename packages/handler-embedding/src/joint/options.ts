import { LlmiError, toSnakeCase, type GenerateRequest } from '@llmi/core';
import { embeddingTasks, readPrecision, type EmbedOptions } from '../options.js';

/** A request for vectors of texts and pictures with every default filled in. */
export interface JointOptions extends Pick<EmbedOptions, 'normalize' | 'dimensions' | 'truncate' | 'precision' | 'ranges'> {
  texts: string[];
  images: string[];
}

export const jointTasks = [...embeddingTasks, 'image-feature-extraction'];
export const jointModes = { auto: 'Embeds texts and pictures in one space.' };

const takenFields = new Set(['model', 'mode', 'task', 'texts', 'prompt', 'images', 'image', 'normalize', 'dimensions', 'truncate', 'precision', 'ranges']);

/** What a model can read. */
export interface JointFacts {
  texts: boolean;
  images: boolean;
  /** What the model's own layout says; default true: only directions are comparable. */
  normalized: boolean;
}

/** @throws {LlmiError} INPUT_UNSUPPORTED, INPUT_INVALID, MODE_UNSUPPORTED, TASK_UNSUPPORTED */
export function resolveJointOptions(request: GenerateRequest, facts: JointFacts): JointOptions {
  const other = Object.entries(request).find(([name, value]) => value !== undefined && !takenFields.has(name));
  if (other) {
    const param = toSnakeCase(other[0]);
    throw new LlmiError('INPUT_UNSUPPORTED', { message: `This model has no use for "${param}".`, hint: `Leave it out; what counts here is: ${[...takenFields].slice(3).map(toSnakeCase).join(', ')}.`, param });
  }
  if (request.mode !== undefined && !Object.hasOwn(jointModes, request.mode)) throw new LlmiError('MODE_UNSUPPORTED', { message: `This model has no mode "${request.mode}".`, hint: 'Use "auto".', param: 'mode' });
  if (request.task !== undefined && !jointTasks.includes(request.task)) {
    throw new LlmiError('TASK_UNSUPPORTED', { message: `This model has no task "${request.task}".`, hint: `Use one of: ${jointTasks.join(', ')}.`, param: 'task' });
  }
  const texts = [...(request.texts ?? []), ...(request.prompt === undefined ? [] : [request.prompt])];
  const images = [...(request.images ?? []), ...(request.image === undefined ? [] : [request.image])];
  if (texts.length + images.length === 0) throw new LlmiError('INPUT_INVALID', { message: 'There is nothing to embed.', hint: 'Give "texts", a list of texts, or "images", a list of pictures, or both.', param: 'texts' });
  if (texts.length > 0 && !facts.texts) throw lacks('texts', 'reads no texts: only its vision model is installed');
  if (images.length > 0 && !facts.images) throw lacks('images', 'looks at no pictures: only its text model is installed');
  return { texts, images, normalize: request.normalize ?? facts.normalized, dimensions: request.dimensions, truncate: request.truncate ?? true, ...readPrecision(request) };
}

function lacks(param: string, what: string): LlmiError {
  return new LlmiError('INPUT_UNSUPPORTED', { message: `This model ${what}.`, hint: 'Install the repository with both of its .onnx files.', param });
}
