import type { OnnxTensor } from '@llmi/runtime-onnx';
import { float32, type Graph } from '../components/graph.js';
import { tileRows, type Feeds, type Tensor } from '../components/tensor.js';
import type { DenoiserInput } from './family.js';
import { timestepTensor } from './timestep-tensor.js';

export interface ControlNetSettings {
  /** How much a ControlNet counts. */
  scale: number;
  /** Shares of the run between which it counts. */
  start: number;
  end: number;
  steps: number;
}

/** Inputs of a denoiser by the outputs of a ControlNet. */
const residualInput = (output: string) =>
  output.replace(/^down_block_res_samples?[._](\d+)$/, 'down_block_additional_residuals.$1').replace(/^mid_block_res_sample$/, 'mid_block_additional_residual');

/** ControlNets with a picture each: what they add to the inner states of the denoiser. Source: Zhang et al. 2023, https://arxiv.org/abs/2302.05543 */
export class ControlNets {
  /** The pictures for as many rows as a run has, in the element types of the graphs. */
  private readonly pictures = new Map<Graph, OnnxTensor>();

  constructor(
    private readonly nets: readonly { graph: Graph; picture: Tensor }[],
    private readonly denoiser: Graph,
    private readonly input: DenoiserInput,
    private readonly settings: ControlNetSettings,
  ) {}

  /** The denoiser's inputs for what the ControlNets say, added up where there are several. */
  async run(feeds: Feeds, timestep: number, index: number, signal?: AbortSignal): Promise<Record<string, OnnxTensor>> {
    const scale = this.scaleAt(index);
    const rows = feeds[this.input.sample]!.shape[0]!;
    let sum: Record<string, OnnxTensor> | undefined;
    for (const { graph, picture } of this.nets) {
      const given = graph.tensors({
        ...feeds,
        [this.input.timestep]: timestepTensor(graph, this.input, timestep, rows),
        ...(graph.has('conditioning_scale') ? { conditioning_scale: scaleTensor(graph, scale) } : {}),
      });
      const outputs = await graph.run({ ...given, controlnet_cond: this.pictureFor(graph, picture, rows) }, graph.outputNames, signal);
      const residuals = Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [residualInput(name), this.fitted(residualInput(name), tensor, graph.has('conditioning_scale') ? 1 : scale)]));
      sum = sum ? this.added(sum, residuals) : residuals;
    }
    return sum ?? {};
  }

  private pictureFor(graph: Graph, picture: Tensor, rows: number): OnnxTensor {
    const known = this.pictures.get(graph);
    if (known?.shape[0] === rows) return known;
    const tensor = graph.tensor('controlnet_cond', tileRows(picture, rows));
    this.pictures.set(graph, tensor);
    return tensor;
  }

  private scaleAt(index: number): number {
    const { scale, start, end, steps } = this.settings;
    return index / steps < start || (index + 1) / steps > end ? 0 : scale;
  }

  /** The tensor itself where the denoiser takes it as it is. */
  private fitted(input: string, tensor: OnnxTensor, scale: number): OnnxTensor {
    const name = this.denoiser.inputNamed(input);
    const probe = this.denoiser.tensor(name, { data: new Float32Array(0), shape: [0] });
    if (scale === 1 && probe.dtype === tensor.dtype) return tensor;
    const { data, shape } = float32(tensor);
    return this.denoiser.tensor(name, { data: scale === 1 ? data : data.map((value) => value * scale), shape });
  }

  private added(left: Record<string, OnnxTensor>, right: Record<string, OnnxTensor>): Record<string, OnnxTensor> {
    return Object.fromEntries(
      Object.entries(left).map(([name, tensor]) => {
        const [a, b] = [float32(tensor), float32(right[name]!)];
        return [name, this.denoiser.tensor(name, { data: a.data.map((value, index) => value + b.data[index]!), shape: a.shape })];
      }),
    );
  }
}

function scaleTensor(graph: Graph, scale: number): Tensor {
  const [dimension] = graph.shapeOf('conditioning_scale');
  if (dimension === undefined) return { data: Float32Array.of(scale), shape: [] };
  const count = typeof dimension === 'number' ? dimension : 1;
  return { data: new Float32Array(count).fill(scale), shape: [count] };
}
