import { LlmiError } from '@llmi/core';
import type { PixelImage } from '@llmi/media';
import type { Components, Lease } from '../components/components.js';
import type { Graph } from '../components/graph.js';
import type { Tensor } from '../components/tensor.js';
import { finishImage } from '../images/finish-image.js';
import { prepareControl } from '../images/prepare-image.js';
import { checkPictures, type CheckedPictures } from '../safety/check-pictures.js';
import { makePreviewer, previewDecoder } from '../vae/preview.js';
import { decodeLatents } from '../vae/vae.js';
import type { VaeConfig } from '../vae/vae-config.js';
import { ControlNets } from './control-nets.js';
import { denoise } from './denoise.js';
import { Denoiser } from './denoiser.js';
import type { Conditioning, Family, Run } from './family.js';
import { planGuidance } from './guidance.js';
import type { PipelineEvent, PipelineResult } from './pipeline-event.js';
import type { PipelineRequest } from './pipeline-request.js';
import { planRun } from './plan-run.js';
import { prepareStart, vaeOptions, type Start } from './start.js';

/** A model and the way in which it is run. */
export interface PipelineModel {
  components: Components;
  vae: VaeConfig;
  family: Family;
}

/**
 * Makes pictures: 1 check, 2 encode the prompt, 3 latents, 4 denoise, 5 decode. Each part is held only while it works, so that it can be freed where
 * memory is short.
 * @throws {LlmiError} INPUT_INVALID, INPUT_UNSUPPORTED, MODEL_FILE_MISSING, MODEL_FORMAT_UNSUPPORTED, MEMORY_INSUFFICIENT, MODEL_DISPOSED
 */
export async function* runPipeline({ components, vae, family }: PipelineModel, request: PipelineRequest, signal?: AbortSignal): AsyncGenerator<PipelineEvent> {
  const timing: Record<string, number> = {};
  const run = await planRun(components, vae, family, request, signal);
  yield { type: 'stage', stage: 'encode', step: 0, steps: 1 };
  const conditioning = await timed(timing, 'encode', () => family.encodePrompts(run));
  yield { type: 'stage', stage: 'encode', step: 1, steps: 1 };

  let mark = performance.now();
  const latents = yield* steps(family, run, conditioning);
  timing.denoise = performance.now() - mark;

  mark = performance.now();
  const checked = request.output === 'latents' ? {} : yield* decode(family, run, latents);
  timing.decode = performance.now() - mark;
  yield { type: 'done', result: resultOf(run, latents, conditioning, checked, timing) };
}

async function timed<Value>(timing: Record<string, number>, stage: string, work: () => Promise<Value>): Promise<Value> {
  const started = performance.now();
  const value = await work();
  timing[stage] = performance.now() - started;
  return value;
}

/** 3 latents and 4 denoise. Gives the latents as the VAE knows them. */
async function* steps(family: Family, run: Run, conditioning: Conditioning): AsyncGenerator<PipelineEvent, Tensor> {
  const start = await prepareStart(family, run);
  const guidance = planGuidance(run, conditioning, start.extra);
  const { component } = family.denoiser;
  await using denoiserLease = await run.components.lease(component, run.signal);
  await using controlLeases = await leaseAll(run, run.request.controlImages?.map((_, index) => (index === 0 ? 'controlnet' : `controlnet_${index + 1}`)) ?? []);
  const { graph } = denoiserLease;
  checkControl(run, graph, start);
  const controlNets = makeControlNets(family, run, graph, controlLeases.leases);
  // Two runs need half the memory of one for both sides, and are a tenth slower with small pictures.
  const input = run.components.keepsParts ? family.denoiser : { ...family.denoiser, batchesGuidance: false };
  const denoiser = new Denoiser(graph, input, guidance.sides, conditioning.shared ?? {}, start.latents.shape, controlNets);
  let latents = start.latents;
  for await (const step of denoise(family, run, denoiser, guidance, start)) {
    latents = { data: step.latents, shape: start.latents.shape };
    const preview = step.index + 1 < step.steps ? await previewOf(family, run, latents) : undefined;
    yield { type: 'step', step: step.index + 1, steps: step.steps, timestep: step.timestep, prediction: step.prediction, latents, preview };
  }
  return family.unpack?.(latents, run) ?? latents;
}

/** Where one is wanted; of a film the middle frame. A VAE of whole films has none. */
async function previewOf(family: Family, run: Run, latents: Tensor): Promise<PixelImage | undefined> {
  // Where memory is short, the decoder is not loaded beside the denoiser.
  if (!run.request.wantsPreview?.() || (!run.components.keepsParts && !run.components.has(previewDecoder))) return undefined;
  const unpacked = family.unpack?.(latents, run) ?? latents;
  const picture = unpacked.shape.length === 4 ? unpacked : family.previewFrame?.(unpacked);
  if (!picture) return undefined;
  return (await makePreviewer(run.components, run.vae, run.signal))(picture);
}

/** Parts that are held together. */
async function leaseAll({ components, signal }: Run, names: readonly string[]): Promise<AsyncDisposable & { leases: Lease[] }> {
  const leases: Lease[] = [];
  const release = async () => {
    for (const lease of leases.splice(0)) await lease[Symbol.asyncDispose]();
  };
  try {
    for (const name of names) leases.push(await components.lease(name, signal));
  } catch (error) {
    await release();
    throw error;
  }
  return { leases, [Symbol.asyncDispose]: release };
}

/** Denoisers exported for ControlNets cannot go without, others not with them. */
function checkControl({ request: { controlImages = [] } }: Run, denoiser: Graph, { extra }: Start): void {
  const takesControl = denoiser.has('mid_block_additional_residual');
  if (takesControl && controlImages.length === 0) {
    throw new LlmiError('INPUT_INVALID', { message: 'This model is guided by a picture, and none was given.', hint: 'Give "controlnet_image".', param: 'controlnet_image' });
  }
  if (controlImages.length > 0 && (!takesControl || extra)) {
    throw new LlmiError('INPUT_UNSUPPORTED', { message: 'The denoiser of this model takes nothing from a ControlNet.', hint: 'Leave out "controlnet_image", or use a repository that was exported with its ControlNet.', param: 'controlnet_image' });
  }
}

function makeControlNets(family: Family, run: Run, denoiser: Graph, leases: readonly Lease[]): ControlNets | undefined {
  const { request, scheduler } = run;
  if (leases.length === 0) return undefined;
  const nets = leases.map(({ graph }, index) => ({ graph, picture: prepareControl(request.controlImages![index]!, run) }));
  return new ControlNets(nets, denoiser, family.denoiser, {
    scale: request.controlnetConditioningScale ?? 1,
    start: request.controlGuidanceStart ?? 0,
    end: request.controlGuidanceEnd ?? 1,
    steps: scheduler.timesteps.length,
  });
}

/** 5 decode, picture by picture or frame by frame, and let the repository's safety checker see them. */
async function* decode({ decode }: Family, run: Run, latents: Tensor): AsyncGenerator<PipelineEvent, Partial<CheckedPictures>> {
  const decoded: PixelImage[] = [];
  const planes = decode ? decode(run, latents) : decodeLatents(run.components, run.vae, latents, vaeOptions(run));
  const steps = run.rows * (run.frames ?? 1);
  for await (const { data, shape } of planes) {
    run.signal?.throwIfAborted();
    if (!data.every(Number.isFinite)) throw notDecoded();
    decoded.push(finishImage(data, shape.at(-1)!, shape.at(-2)!));
    yield { type: 'stage', stage: 'decode', step: decoded.length, steps };
  }
  const checked = (await checkPictures(run.components, decoded, run.signal)) ?? { pictures: decoded };
  for (const [index, picture] of checked.pictures.entries()) yield { type: 'picture', index, picture };
  return checked;
}

function notDecoded(): LlmiError {
  return new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
    message: 'The decoder of this model (VAE) gave no picture: its values are no numbers.',
    hint: 'Use files of the VAE in float32: many overflow in float16.',
  });
}

function resultOf(run: Run, latents: Tensor, { truncated }: Conditioning, { pictures = [], flagged }: Partial<CheckedPictures>, timing: Record<string, number>): PipelineResult {
  const { frames, frameRate, steps, guidanceScale, scheduler, seed } = run;
  const { width, height } = pictures[0] ?? run;
  return { pictures, ...(flagged ? { flagged } : {}), ...(truncated?.length ? { truncated } : {}), latents, width, height, frames, frameRate, steps, guidanceScale, scheduler: scheduler.className, seed, timing };
}
