import { LlmiError } from '@llmi/core';
import type { OnnxTensor } from '@llmi/runtime-onnx';
import type { GraphOutput } from '../vision-graph.js';
import type { BatchTask, TaskContext } from './vision-task.js';

/** Outputs that are one vector per picture already. */
const pooledNames = ['image_embeds', 'pooler_output', 'embeddings'];
const tokenNames = ['last_hidden_state'];
const textInputs = ['input_ids', 'attention_mask'];
const oneToken: OnnxTensor = { dtype: 'int64', shape: [1, 1], data: BigInt64Array.of(1n) };

/** One vector per picture: the graph's own where it has one, else its first token, or the mean of all where asked. */
export function featuresTask({ graph }: TaskContext): BatchTask {
  const names = graph.outputNames;
  const inputs = graph.session.inputs.map(({ name }) => name);
  const pooled = pooledNames.find((name) => names.includes(name));
  const tokens = tokenNames.find((name) => names.includes(name));
  const output = pooled ?? tokens ?? names[0]!;
  return {
    outputs: [...new Set([output, ...(tokens ? [tokens] : [])])],
    picture: 'never',
    // A graph that holds the text tower too wants a text; what it makes of it is not asked for.
    feeds: () => Object.fromEntries(textInputs.filter((name) => inputs.includes(name)).map((name) => [name, oneToken])),
    async answer(outputs, _image, { pooling, normalize }) {
      const source = pooling === undefined ? outputs[output]! : outputs[tokens ?? output]!;
      const vector = pool(source, pooling ?? 'cls');
      const length = normalize ? Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0)) || 1 : 1;
      return { type: 'embedding', embedding: Array.from(vector, (value) => value / length) };
    },
  };
}

/** [dim] as it is; [tokens, dim] to its first token or the mean; [dim, height, width] to the mean over places. */
function pool({ data, shape }: GraphOutput, pooling: 'cls' | 'mean'): Float32Array {
  const places = shape.length === 3 ? shape[1]! * shape[2]! : undefined;
  if (shape.length === 1 || places === 1) return data;
  if (shape.length === 2 && pooling === 'cls') return data.subarray(0, shape[1]);
  if (shape.length > 3) throw unknownShape(shape);
  const [count, dim] = places === undefined ? [shape[0]!, shape[1]!] : [places, shape[0]!];
  const mean = new Float32Array(dim);
  for (let index = 0; index < dim; index++) {
    let sum = 0;
    for (let at = 0; at < count; at++) sum += places === undefined ? data[at * dim + index]! : data[index * places + at]!;
    mean[index] = sum / count;
  }
  return mean;
}

function unknownShape(shape: readonly number[]): LlmiError {
  return new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: `The graph gives features of the shape ${shape.join(' x ')}, which llmi does not know.`, hint: 'Export the model with last_hidden_state or pooler_output.' });
}
