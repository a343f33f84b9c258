import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import type { GenerateResult } from '@llmi/core';

interface Media {
  data: string; // base64
  extension: string;
}

const extensions: Record<string, string> = { jpeg: 'jpg', png: 'png', webp: 'webp', gif: 'gif', mp4: 'mp4', wav: 'wav', flac: 'flac', mp3: 'mp3', opus: 'opus' };

/** Pictures, film and sound in a result, with the ending that their format has. */
export function mediaOf(result: GenerateResult): Media[] {
  const format = 'metadata' in result && typeof result.metadata.format === 'string' ? extensions[result.metadata.format.toLowerCase()] : undefined;
  if ('drawing' in result && result.drawing !== undefined) return [{ data: result.drawing, extension: 'png' }];
  switch (result.type) {
    case 'image':
      return result.images.map((data) => ({ data, extension: format ?? 'png' }));
    case 'video':
      return [{ data: result.video, extension: format ?? 'mp4' }];
    case 'audio':
      return [{ data: result.audio, extension: format ?? 'wav' }];
    case 'depth':
      return [{ data: result.image, extension: 'png' }];
    case 'segmentation':
      return result.segments.map(({ mask }) => ({ data: mask, extension: 'png' }));
    case 'multimodal_response':
      return result.image === undefined ? [] : [{ data: result.image, extension: 'png' }];
    default:
      return [];
  }
}

/** Writes media to `out`, or to the first free names `llmi-1.png`, `llmi-2.png` ...; gives back where they are. */
export async function writeMedia(media: Media[], out: string | undefined, cwd: string): Promise<string[]> {
  const paths: string[] = [];
  for (const [index, { data, extension }] of media.entries()) {
    const path = out === undefined ? freePath(extension, cwd) : numbered(resolve(cwd, out), index, media.length);
    await writeFile(path, Buffer.from(data.replace(/^data:[^,]*,/, ''), 'base64'));
    paths.push(path);
  }
  return paths;
}

/** `picture.png` for one, `picture-1.png`, `picture-2.png` for several. */
function numbered(path: string, index: number, count: number): string {
  if (count === 1) return path;
  const ending = extname(path);
  return `${path.slice(0, path.length - ending.length)}-${index + 1}${ending}`;
}

function freePath(extension: string, cwd: string, number = 1): string {
  const path = resolve(cwd, `llmi-${number}.${extension}`);
  return existsSync(path) ? freePath(extension, cwd, number + 1) : path;
}
