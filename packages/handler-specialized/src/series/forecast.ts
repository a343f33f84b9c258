import { join } from 'node:path';
import { doneEvent, LlmiError, type GenerateRequest } from '@llmi/core';
import { OnnxSession, toFloat32, type OnnxValueInfo } from '@llmi/runtime-onnx';
import { chooseGraphs, filledTensor, floatTensor, modelJson, type GraphSets } from '@llmi/runtime-transformers';
import { invalid } from '../invalid-input.js';
import type { Specialist, SpecialistKind } from '../specialist.js';

const forecastGraphs: GraphSets = [['model']];

/** Says how a series goes on. */
export const forecastKind: SpecialistKind = {
  graphs: (model, dtype) => chooseGraphs(model, forecastGraphs, dtype),
  fields: ['values', 'horizon'],
  modes: { auto: 'The next points in time of every channel.' },
  check({ values }: GenerateRequest) {
    if (values === undefined || values.length === 0) throw invalid('values', 'There is no series to go on from.', 'Give "values": one row per point in time, one number per channel.');
    const uneven = values.findIndex((row) => row.length !== values[0]!.length || row.length === 0);
    if (uneven >= 0) throw invalid(`values[${uneven}]`, `Row ${uneven} has ${values[uneven]!.length} channels, the first one ${values[0]!.length}.`, 'Give as many numbers in every row.');
  },
  async load({ model, folder, options: { dtype, ...options } }): Promise<Specialist> {
    const file = chooseGraphs(model, forecastGraphs, dtype)[0]!;
    const config = (await modelJson(model, folder, 'config.json')) ?? {};
    const session = await OnnxSession.load(join(folder, file.path), options);
    try {
      const forecaster = new Forecaster(session, config);
      return {
        info: { device: session.device, dtype: file.dtype, threads: session.threads },
        async *run({ values, horizon }, _task, signal) {
          const started = performance.now();
          const forecast = await forecaster.forecast(values!, horizon, signal);
          yield doneEvent({ type: 'forecast', values: forecast }, { run: performance.now() - started });
        },
        [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
      };
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    }
  },
};

/** A graph from past values [1, time, channels] to future ones of the same layout. */
class Forecaster {
  readonly #input: OnnxValueInfo;
  readonly #output: OnnxValueInfo;
  readonly #length: number | undefined;
  readonly #channels: number | undefined;

  constructor(
    private readonly session: OnnxSession,
    config: Record<string, unknown>,
  ) {
    const input = session.inputs.find(({ name }) => name === 'past_values') ?? session.inputs.find(({ shape }) => shape.length === 3);
    const output = session.outputs.find(({ name }) => name === 'prediction_outputs') ?? session.outputs.find(({ shape }) => shape.length === 3);
    const other = session.inputs.find(({ name }) => name !== input?.name && name !== 'past_observed_mask');
    if (!input || !output || other) {
      throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
        message: `The graph takes ${session.inputs.map(({ name }) => name).join(', ')}: no plain forecast from past values.`,
        hint: 'Run it as it is: task "tensors".',
      });
    }
    [this.#input, this.#output] = [input, output];
    const positive = (...sizes: unknown[]) => sizes.find((size): size is number => typeof size === 'number' && size > 0);
    this.#length = positive(input.shape[1], config.context_length);
    this.#channels = positive(input.shape[2], config.num_input_channels);
  }

  /** As many points as the model gives, or `horizon` of them: beyond its own it goes on from what it said itself. */
  async forecast(given: readonly (readonly number[])[], horizon: number | undefined, signal?: AbortSignal): Promise<number[][]> {
    this.#check(given);
    const future: number[][] = [];
    do {
      const past = [...given, ...future].slice(this.#length === undefined ? 0 : -this.#length);
      future.push(...(await this.#run(past, signal)));
    } while (horizon !== undefined && future.length < horizon);
    return future.slice(0, horizon);
  }

  async #run(past: readonly (readonly number[])[], signal?: AbortSignal): Promise<number[][]> {
    const shape = [1, past.length, past[0]!.length];
    const feeds = Object.fromEntries(
      this.session.inputs.map(({ name, dtype }) => [
        name,
        name === this.#input.name ? floatTensor({ dtype: 'float32', shape, data: Float32Array.from(past.flat()) }, dtype) : dtype === 'bool' ? { dtype, shape, data: new Uint8Array(past.flat().length).fill(1) } : filledTensor(shape, 1, dtype),
      ]),
    );
    const result = (await this.session.run(feeds, { outputs: [this.#output.name], signal }))[this.#output.name]!;
    const [, rows, channels] = result.shape as [number, number, number];
    const data = toFloat32(result);
    return Array.from({ length: rows }, (_, row) => Array.from(data.subarray(row * channels, (row + 1) * channels)));
  }

  #check(values: readonly (readonly number[])[]): void {
    if (this.#channels !== undefined && values[0]!.length !== this.#channels) {
      throw invalid('values[0]', `The rows have ${values[0]!.length} channels; this model was made for ${this.#channels}.`, `Give ${this.#channels} numbers in every row.`);
    }
    if (this.#length !== undefined && values.length < this.#length) {
      throw invalid('values', `There are ${values.length} points in time; this model goes on from ${this.#length}.`, 'Give a longer series; of more than that the last ones count.');
    }
  }
}
