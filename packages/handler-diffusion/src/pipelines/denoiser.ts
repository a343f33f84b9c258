import { LlmiError } from '@llmi/core';
import type { OnnxTensor } from '@llmi/runtime-onnx';
import { float32, type Graph } from '../components/graph.js';
import { concatRows, sizeOf, type Feeds, type Tensor } from '../components/tensor.js';
import type { ControlNets } from './control-nets.js';
import type { DenoiserInput } from './family.js';
import type { Side } from './guidance.js';
import { timestepTensor } from './timestep-tensor.js';

/** Sides of the guidance that share one run of the graph, with all that stays the same from step to step. */
interface Batch {
  /** Latents of every side, and the channels beside them, in one piece. */
  sample: Tensor;
  /** In the element types of the graph. */
  constants: Record<string, OnnxTensor>;
  feeds: Feeds;
  sides: number;
}

/** The denoiser of a run, its constant inputs prepared. */
export class Denoiser {
  private readonly batches: readonly Batch[];
  private readonly output: string;

  constructor(
    private readonly graph: Graph,
    private readonly input: DenoiserInput,
    sides: readonly Side[],
    shared: Feeds,
    private readonly latentShape: readonly number[],
    private readonly controlNets?: ControlNets,
  ) {
    this.output = graph.outputNames[0]!;
    const isFixedToOneSide = graph.shapeOf(input.sample)[0] === latentShape[0];
    const groups = input.batchesGuidance && !isFixedToOneSide ? [sides] : sides.map((side) => [side]);
    this.batches = groups.map((group) => {
      const names = Object.keys(group[0]!.feeds);
      const feeds = Object.fromEntries(names.map((name) => [name, concatRows(group.map((side) => side.feeds[name]!))]));
      const sample = sampleFor(group, latentShape);
      checkShape(graph, input.sample, sample.shape);
      return { sample, constants: graph.tensors({ ...feeds, ...shared }), feeds, sides: group.length };
    });
  }

  /** What the denoiser says of latents at a timestep: one answer for each side. */
  async predict(latents: Float32Array, timestep: number, index: number, signal?: AbortSignal): Promise<Float32Array[]> {
    const answers: Float32Array[] = [];
    for (const batch of this.batches) {
      fill(batch.sample, latents, batch.sides, this.latentShape);
      const rows = batch.sample.shape[0]!;
      const residuals = await this.controlNets?.run({ ...batch.feeds, [this.input.sample]: batch.sample }, timestep, index, signal);
      const feeds = {
        ...batch.constants,
        ...residuals,
        [this.input.sample]: this.graph.tensor(this.input.sample, batch.sample),
        [this.input.timestep]: this.graph.tensor(this.input.timestep, timestepTensor(this.graph, this.input, timestep, rows)),
      };
      const { data } = float32((await this.graph.run(feeds, [this.output], signal))[this.output]!);
      const size = data.length / batch.sides;
      for (let side = 0; side < batch.sides; side++) answers.push(data.subarray(side * size, (side + 1) * size));
    }
    return answers;
  }
}

/** Graphs that were exported for one size say so in their inputs. */
function checkShape(graph: Graph, name: string, shape: readonly number[]): void {
  const own = graph.shapeOf(name);
  if (own.every((size, index) => typeof size !== 'number' || size === shape[index])) return;
  throw new LlmiError('INPUT_UNSUPPORTED', {
    message: `This model was exported for latents of [${own.join(', ')}], not of [${shape.join(', ')}].`,
    hint: 'Ask for the size and number of pictures that it was exported for, or export it with dynamic axes.',
    param: shape[0] === own[0] ? 'width' : 'num_images',
  });
}

/** Room for the latents of every side; the channels beside them are there already. */
function sampleFor(sides: readonly Side[], [rows, channels, ...rest]: readonly number[]): Tensor {
  const more = sides[0]!.extra?.shape[1] ?? 0;
  const shape = [rows! * sides.length, channels! + more, ...rest];
  const data = new Float32Array(sizeOf(shape));
  const [own, beside] = [channels! * sizeOf(rest), more * sizeOf(rest)];
  sides.forEach(({ extra }, side) => {
    for (let row = 0; extra && row < rows!; row++) {
      data.set(extra.data.subarray(row * beside, (row + 1) * beside), (side * rows! + row) * (own + beside) + own);
    }
  });
  return { data, shape };
}

function fill({ data, shape }: Tensor, latents: Float32Array, sides: number, [rows]: readonly number[]): void {
  const [own, stride] = [latents.length / rows!, data.length / shape[0]!];
  for (let side = 0; side < sides; side++) {
    if (own === stride) data.set(latents, side * latents.length);
    else for (let row = 0; row < rows!; row++) data.set(latents.subarray(row * own, (row + 1) * own), (side * rows! + row) * stride);
  }
}
