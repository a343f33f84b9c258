import type { SystemDependency } from '@llmi/core';

/** Programs and libraries outside npm. */
export function systemDependencies(makesFilms: boolean): SystemDependency[] {
  const ffmpeg: SystemDependency = {
    name: 'ffmpeg',
    optional: true,
    reason: 'Films in MP4 are made with it; GIF and WebP need nothing.',
    probe: { programs: ['ffmpeg'] },
    install: { linux: 'apt-get install ffmpeg', darwin: 'brew install ffmpeg', win32: 'winget install ffmpeg' },
  };
  const cppLibrary: SystemDependency = {
    name: 'libstdc++',
    optional: false,
    reason: 'ONNX Runtime is written in C++ for glibc; it does not run on Alpine (musl).',
    probe: { libraries: ['libstdc++.so.6'] },
    install: { linux: 'apt-get install libstdc++6 (or use an image based on Debian instead of Alpine)' },
  };
  return [...(process.platform === 'linux' ? [cppLibrary] : []), ...(makesFilms ? [ffmpeg] : [])];
}
