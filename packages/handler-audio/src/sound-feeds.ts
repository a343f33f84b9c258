import { LlmiError } from '@llmi/core';
import type { OnnxSession, OnnxTensor } from '@llmi/runtime-onnx';
import { floats, ones } from './tensors.js';

/**
 * The inputs of a graph for one sound: the sound itself under the first of `names` that the graph has, and masks of nothing.
 * @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED for a graph that takes something else
 */
export function soundFeeds({ inputs }: OnnxSession, names: readonly string[], shape: readonly number[], data: Float32Array): Record<string, OnnxTensor> {
  const sound = inputs.find(({ name }) => names.includes(name));
  if (!sound) {
    throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
      message: `The graph of this model takes ${inputs.map(({ name }) => name).join(', ')} instead of ${names.join(' or ')}.`,
      hint: 'Its way of preparing sound is not known here: use a model of another family.',
    });
  }
  const others = inputs.filter(({ name }) => /(^|_)attention_mask$/.test(name));
  return { [sound.name]: floats(shape, data, sound.dtype), ...Object.fromEntries(others.map(({ name }) => [name, ones([1, shape[1]!])])) };
}
