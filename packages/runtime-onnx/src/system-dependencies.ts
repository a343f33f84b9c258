import type { SystemDependency } from '@llmi/core';

/** ONNX Runtime's library is linked against glibc's C++ library. */
export function onnxSystemDependencies(): SystemDependency[] {
  if (process.platform !== 'linux') return [];
  return [
    {
      name: 'libstdc++',
      optional: false,
      reason: 'ONNX Runtime is written in C++ for glibc; it does not run on Alpine (musl).',
      probe: { libraries: ['libstdc++.so.6'] },
      install: { linux: 'apt-get install libstdc++6 (or use an image based on Debian instead of Alpine)' },
    },
  ];
}
