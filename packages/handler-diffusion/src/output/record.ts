import type { GenerateRequest, ModelInfo } from '@llmi/core';
import type { PipelineResult } from '../pipelines/pipeline-event.js';

/** How a picture came about: enough to make it again. Names as in a request on the wire. */
export type PictureRecord = Record<string, string | number>;

/** Characters of what was cut off that are worth telling. */
const longestTruncated = 200;

const given = (values: Record<string, string | number | undefined>): PictureRecord =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string | number] => entry[1] !== undefined));

export function recordOf(model: ModelInfo, request: GenerateRequest, result: PipelineResult): PictureRecord {
  return given({
    prompt: request.prompt,
    negative_prompt: request.negativePrompt,
    mode: request.mode,
    width: result.width,
    height: result.height,
    seed: result.seed === undefined ? undefined : Number(result.seed),
    num_inference_steps: result.steps,
    guidance_scale: result.guidanceScale,
    scheduler: request.scheduler ?? result.scheduler,
    strength: request.strength,
    clip_skip: request.clipSkip,
    num_images: request.numImages,
    num_frames: result.frames,
    fps: result.frameRate,
    truncated_prompt: result.truncated?.[0]?.slice(0, longestTruncated),
    model: model.id,
    revision: model.revision,
  });
}
