import type { SystemDependency } from '@llmi/core';

/** What makes llama.cpp faster where it is there. None is needed: without any it computes on the CPU. */
export function systemDependencies(): SystemDependency[] {
  if (process.platform === 'darwin') {
    return [
      {
        name: 'Metal',
        optional: true,
        reason: 'Runs the model on the GPU of Apple silicon; part of macOS.',
        probe: { files: ['/System/Library/Frameworks/Metal.framework'] },
        install: { darwin: 'Metal comes with macOS on Apple silicon; on Intel Macs the CPU is used.' },
      },
    ];
  }
  return [
    {
      name: 'CUDA',
      optional: true,
      reason: 'Runs the model on an NVIDIA GPU.',
      probe: { programs: ['nvidia-smi'], libraries: ['libcuda.so.1', 'nvcuda.dll'] },
      install: {
        linux: 'Install the NVIDIA driver (https://www.nvidia.com/drivers) and npm package @node-llama-cpp/linux-x64-cuda.',
        win32: 'Install the NVIDIA driver (https://www.nvidia.com/drivers) and npm package @node-llama-cpp/win-x64-cuda.',
      },
    },
    {
      name: 'Vulkan',
      optional: true,
      reason: 'Runs the model on an AMD, Intel or NVIDIA GPU.',
      probe: { programs: ['vulkaninfo'], libraries: ['libvulkan.so.1', 'vulkan-1.dll'] },
      install: { linux: 'apt-get install libvulkan1 mesa-vulkan-drivers', win32: 'Vulkan comes with the driver of the GPU: update it.' },
    },
  ];
}

/** Notes on speed, by subject. */
export function installationNotes(): Record<string, string> {
  return {
    threads: 'In a process of your own, start Node with UV_THREADPOOL_SIZE=1 before giving llama.cpp more than one thread: otherwise libuv competes with it for the cores.',
    ...(process.platform === 'linux' ? { glibc: 'The llama.cpp binaries are built for glibc; on Alpine (musl) use an image based on Debian.' } : {}),
  };
}
