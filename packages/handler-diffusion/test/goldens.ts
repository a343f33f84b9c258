import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeImage, type PixelImage } from '@llmi/media';
import { vi } from 'vitest';
import { Graph } from '../src/components/graph.js';
import type { Tensor } from '../src/components/tensor.js';
import { framesOf } from '../src/families/animate-diff.js';
import { DiffusionPipeline, type PipelineOptions } from '../src/pipelines/diffusion-pipeline.js';
import type { PipelineRequest } from '../src/pipelines/pipeline-request.js';

const shared = process.env.LLMI_SHARED ?? join(import.meta.dirname, '..', '..', '..', '..', 'shared');
const fixtures = join(shared, 'fixtures');
export const goldenFolder = join(fixtures, 'golden');
export const hasFixtures = existsSync(goldenFolder);
export const repoFolder = (repo: string) => join(fixtures, 'hub', 'llmi-fixtures', repo);

/** One run of a pipeline of diffusers. Source: DIFFUSION.md beside the fixtures. */
export interface GoldenCase {
  id: string;
  kind: string;
  prompt: string | string[];
  negative: string | string[] | null;
  steps: number;
  guidance: number;
  size: [height: number, width: number];
  scheduler: { class: string; config: Record<string, unknown> };
  input_ids: Record<string, number[][][]>;
  model_timesteps: (number | null)[];
  draws: { where: string; shape: number[] }[];
  tolerance: { latents: number; image: number; embeddings: number; png_levels: number };
  input_image?: string;
  mask_image?: string;
  png: string[];
  [argument: string]: unknown;
}

export interface Golden {
  repo: string;
  cases: GoldenCase[];
  tokenization: Record<string, { text: string; input_ids_padded: number[]; attention_mask: number[] }[]>;
}

export const golden = (repo: string) => JSON.parse(readFileSync(join(goldenFolder, `${repo}.json`), 'utf8')) as Golden;

/** Tensors of a safetensors file, by name; all but those asked for stay unread. */
export function readTensors(repo: string): (name: string) => Tensor {
  const bytes = readFileSync(join(goldenFolder, `${repo}.safetensors`));
  const headerBytes = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + headerBytes).toString('utf8')) as Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;
  return (name) => {
    const entry = header[name];
    if (!entry) throw new Error(`There is no tensor ${name} in ${repo}.`);
    const [start, end] = entry.data_offsets.map((offset) => 8 + headerBytes + offset) as [number, number];
    const buffer = new Uint8Array(bytes.subarray(start, end)).buffer; // aligned anew
    const data = entry.dtype === 'I64' ? Float32Array.from(new BigInt64Array(buffer), Number) : new Float32Array(buffer);
    return { data, shape: entry.shape };
  };
}

/**
 * Fields by the golden's names. `eta` is not among them: the recorder stood before the scheduler's step, whose signature diffusers looks at for
 * an eta, so its run had none.
 */
const names: Record<string, keyof PipelineRequest> = {
  prompt_2: 'prompt2', prompt_3: 'prompt3', negative_2: 'negativePrompt2', clip_skip: 'clipSkip', images: 'numImagesPerPrompt', strength: 'strength',
  guidance_rescale: 'guidanceRescale', timesteps: 'timesteps', sigmas: 'sigmas', image_guidance: 'imageGuidanceScale', control_scale: 'controlnetConditioningScale',
  original_steps: 'originalInferenceSteps', original_size: 'originalSize', target_size: 'targetSize', crops: 'cropsCoordsTopLeft', denoising_end: 'denoisingEnd',
  denoising_start: 'denoisingStart', max_sequence_length: 'maxSequenceLength', true_cfg: 'trueCfgScale', frames: 'numFrames', frame_rate: 'frameRate',
  decode_timestep: 'decodeTimestep',
};

const picture = async (path: string): Promise<PixelImage> => decodeImage(readFileSync(join(goldenFolder, path)));

/** The request that diffusers was given. */
export async function requestOf(entry: GoldenCase, tensors: (name: string) => Tensor): Promise<PipelineRequest> {
  const draws = entry.draws.map(({ shape }, index) => ({ shape, data: tensors(`${entry.id}/draw.${index}`).data }));
  const image = entry.input_image === undefined ? undefined : await picture(entry.input_image);
  return {
    prompt: entry.prompt,
    ...(entry.negative === null ? {} : { negativePrompt: entry.negative }),
    numInferenceSteps: entry.steps,
    guidanceScale: entry.guidance,
    height: entry.size[0],
    width: entry.size[1],
    scheduler: { _class_name: entry.scheduler.class, ...entry.scheduler.config },
    ...Object.fromEntries(Object.entries(names).flatMap(([name, field]) => (entry[name] === undefined ? [] : [[field, entry[name]]]))),
    ...(image && entry.kind === 'controlnet' ? { controlImages: [image] } : { image }),
    ...(entry.mask_image === undefined ? {} : { maskImage: await picture(entry.mask_image) }),
    noise: (shape) => {
      const draw = draws.shift();
      if (!draw || draw.shape.join() !== shape.join()) throw new Error(`Noise of the shape ${shape.join()} was asked for where diffusers draws ${draw?.shape.join() ?? 'none'}.`);
      return draw.data;
    },
  };
}

/** What the graphs were fed, and what came out of a run. */
export interface Replay {
  inputIds: Record<string, number[][][]>;
  firstCall: Record<string, Tensor>;
  calls: number;
  timesteps: number[];
  predictions: Float32Array[];
  latents: Tensor[];
  decodeInput: Float32Array[];
  decoded: Float32Array[];
  pictures: PixelImage[];
}

/** Runs one case with the draws of diffusers, and keeps what is to be compared. */
export async function replay(golden: string, entry: GoldenCase, { repo = golden, ...options }: PipelineOptions & { repo?: string } = {}): Promise<Replay> {
  const kept: Replay = { inputIds: {}, firstCall: {}, calls: 0, timesteps: [], predictions: [], latents: [], decodeInput: [], decoded: [], pictures: [] };
  const spy = watchGraphs(kept);
  try {
    await using pipeline = await DiffusionPipeline.load(repoFolder(repo), { threads: 1, ...options });
    for await (const event of pipeline.generate(await requestOf(entry, readTensors(golden)))) {
      if (event.type === 'step') {
        kept.timesteps.push(event.timestep);
        kept.predictions.push(event.prediction);
        kept.latents.push(event.latents);
      } else if (event.type === 'picture') kept.pictures.push(event.picture);
    }
  } finally {
    spy.mockRestore();
  }
  return kept;
}

function watchGraphs(kept: Replay) {
  const run = Graph.prototype.run;
  return vi.spyOn(Graph.prototype, 'run').mockImplementation(async function (this: Graph, ...[feeds, outputs, signal]: Parameters<Graph['run']>) {
    const numbers = Object.fromEntries(Object.entries(feeds).map(([name, { data, shape, dtype }]) => [name, { data: dtype === 'float16' ? new Float32Array() : Float32Array.from(data as Float32Array, Number), shape }]));
    if (this.name.startsWith('text_encoder')) {
      const { data, shape } = numbers.input_ids!;
      const rows = Array.from({ length: shape[0]! }, (_, row) => [...data.subarray(row * shape[1]!, (row + 1) * shape[1]!)]);
      (kept.inputIds[this.name] ??= []).push(rows);
    }
    if (this.name === 'unet' || this.name === 'transformer') {
      if (kept.calls++ === 0) kept.firstCall = numbers;
    }
    if (this.name === 'vae_decoder') kept.decodeInput.push(Object.values(numbers)[0]!.data);
    const result = await run.call(this, feeds, outputs, signal);
    if (this.name === 'vae_decoder') {
      const { data, shape } = Object.values(result)[0]!;
      const planes = { data: Float32Array.from(data as Float32Array), shape };
      kept.decoded.push(shape.length === 5 ? framesOf(planes).data : planes.data);
    }
    return result;
  });
}
