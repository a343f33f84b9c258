import { LlmiError } from '@llmi/core';
import { encodeAnimation } from '@llmi/media';
import type { PipelineResult } from '../pipelines/pipeline-event.js';
import type { FilmFormat } from '../resolve-request.js';
import { encodeMp4 } from './encode-mp4.js';

/** The frames of a result as one file, in base64. @throws {LlmiError} INPUT_UNSUPPORTED for mp4 without ffmpeg */
export async function finishFilm({ pictures, frameRate }: PipelineResult, format: FilmFormat, signal?: AbortSignal): Promise<{ data: string; format: FilmFormat }> {
  const framesPerSecond = frameRate ?? 8;
  if (framesPerSecond <= 0) throw new LlmiError('INPUT_INVALID', { message: `A film cannot have ${framesPerSecond} frames a second.`, param: 'fps' });
  const bytes = format === 'mp4' ? await encodeMp4(pictures, framesPerSecond, signal) : await encodeAnimation(pictures, { format, framesPerSecond });
  return { data: Buffer.from(bytes).toString('base64'), format };
}
