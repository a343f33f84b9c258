import type { OnnxSession } from '@llmi/runtime-onnx';

/** True for a graph that keeps what it made of earlier tokens. */
export function hasCache({ outputs }: OnnxSession): boolean {
  return outputs.some(({ name }) => name.startsWith('present'));
}
