import { existsSync } from 'node:fs';
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

/** What stands in the way on this machine, by subject. */
export function installationNotes(): Record<string, string> {
  const isAlpine = existsSync('/etc/alpine-release');
  return isAlpine ? { glibc: 'The llama.cpp binaries are built for glibc, and Alpine has musl: use an image based on Debian.' } : {};
}
