import { LlmiError } from '@llmi/core';
import { toFloat32, type OnnxDtype, type OnnxSession, type OnnxTensor, type OnnxValueInfo } from '@llmi/runtime-onnx';
import { fromHalf, toHalf } from './half-precision.js';
import type { Feeds, Tensor } from './tensor.js';

/** A loaded part of a model: numbers go in and come out as float32, whatever the graph computes in. */
export class Graph {
  private readonly inputs: ReadonlyMap<string, OnnxValueInfo>;

  constructor(
    readonly name: string,
    private readonly session: Pick<OnnxSession, 'inputs' | 'outputs' | 'run'>,
  ) {
    this.inputs = new Map(session.inputs.map((input) => [input.name, input]));
  }

  get inputNames(): string[] {
    return [...this.inputs.keys()];
  }

  get outputNames(): string[] {
    return this.session.outputs.map(({ name }) => name);
  }

  has(input: string): boolean {
    return this.inputs.has(input);
  }

  /** Dimensions of an input; those that vary are named. */
  shapeOf(input: string): readonly (number | string)[] {
    return this.input(input).shape;
  }

  /** The first of the names that is an input. @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED */
  inputNamed(...names: readonly string[]): string {
    return names.find((name) => this.has(name)) ?? this.input(names[0]!).name;
  }

  /** A tensor of the element type that the input has: the same memory where that is float32. A single number has as many dimensions as the input. */
  tensor(input: string, { data, shape }: Tensor): OnnxTensor {
    const { dtype, shape: own } = this.input(input);
    return { dtype: dtype!, shape: data.length === 1 ? own.map(() => 1) : shape, data: cast(data, dtype, input) };
  }

  /** Every one of `feeds` that the graph has an input for, in its element type. */
  tensors(feeds: Feeds): Record<string, OnnxTensor> {
    return Object.fromEntries(Object.entries(feeds).flatMap(([name, tensor]) => (this.has(name) ? [[name, this.tensor(name, tensor)]] : [])));
  }

  /** Runs the graph on tensors of its own element types, and gives its answers as they are. */
  run(feeds: Record<string, OnnxTensor>, outputs: readonly string[], signal?: AbortSignal): Promise<Record<string, OnnxTensor>> {
    return this.session.run(feeds, { outputs, signal });
  }

  /** Runs the graph and gives one output, as float32. */
  async compute(feeds: Record<string, OnnxTensor>, output: string, signal?: AbortSignal): Promise<Tensor> {
    return float32((await this.run(feeds, [output], signal))[output]!);
  }

  private input(name: string): OnnxValueInfo {
    const input = this.inputs.get(name);
    if (input) return input;
    throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
      message: `The graph of "${this.name}" has no input "${name}"; it has ${this.inputNames.join(', ')}.`,
      hint: 'Export the model with optimum or with the ONNX exporter of diffusers.',
    });
  }
}

/** A tensor of a graph as float32. */
export function float32(tensor: OnnxTensor): Tensor {
  const { dtype, data, shape } = tensor;
  return { data: dtype === 'float16' ? fromHalf(data as Uint16Array) : toFloat32(tensor), shape };
}

function cast(values: Float32Array, dtype: OnnxDtype | undefined, input: string): OnnxTensor['data'] {
  switch (dtype) {
    case 'float32':
      return values;
    case 'float16':
      return toHalf(values);
    case 'float64':
      return Float64Array.from(values);
    case 'int64':
      return BigInt64Array.from(values, (value) => BigInt(Math.trunc(value)));
    case 'int32':
      return Int32Array.from(values);
    case 'bool':
      return Uint8Array.from(values);
    default:
      throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: `The input "${input}" takes ${dtype ?? 'something other than numbers'}.`, hint: 'Export the model with float32 or float16 inputs.' });
  }
}
