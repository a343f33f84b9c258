import { LlmiError } from '@llmi/core';
import type { OnnxValueInfo } from '@llmi/runtime-onnx';

/**
 * The name of an output: the first of `names` that the graph has, else the first whose rank is among `ranks`.
 * @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED
 */
export function chooseOutput(outputs: readonly OnnxValueInfo[], names: readonly string[], ranks: readonly number[], what: string): string {
  const byName = names.find((name) => outputs.some((output) => output.name === name));
  const found = byName ?? outputs.find(({ shape }) => ranks.includes(shape.length))?.name;
  if (found !== undefined) return found;
  throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
    message: `The graph of this model gives ${outputs.map(({ name }) => name).join(', ')}, but no ${what}.`,
    hint: 'Export the model for its task: optimum-cli export onnx --task ...',
  });
}
