import type { SystemDependency } from '@llmi/core';
import { onnxSystemDependencies } from '@llmi/runtime-onnx';

/** Programs and libraries outside npm. */
export function systemDependencies(makesFilms: boolean): SystemDependency[] {
  const ffmpeg: SystemDependency = {
    name: 'ffmpeg',
    optional: true,
    reason: 'Films in MP4 are made with it; GIF and WebP need nothing.',
    probe: { programs: ['ffmpeg'] },
    install: { linux: 'apt-get install ffmpeg', darwin: 'brew install ffmpeg', win32: 'winget install ffmpeg' },
  };
  return [...onnxSystemDependencies(), ...(makesFilms ? [ffmpeg] : [])];
}
