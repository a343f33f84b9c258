import type { ModelRequirements, QuantizationOption } from '@llmi/core';
import { formatBytes } from '@llmi/core/units';
import type { CheckReport, Gpu, MachineInfo } from './contract.js';

type Room = Pick<MachineInfo, 'memoryFreeBytes' | 'memoryTotalBytes' | 'diskFreeBytes' | 'gpus'>;

/**
 * Whether the model runs here: its memory against what is free, and its files against the disk.
 * @param downloadBytes what has yet to come to the disk
 * @param usesGpu the model's runtime computes on a GPU where there is one
 */
export function judge(requirements: ModelRequirements, downloadBytes: number, machine: Room, quantizations: QuantizationOption[], usesGpu = false): CheckReport['verdict'] {
  const gpu = usesGpu ? bestGpu(machine.gpus, requirements.memoryRequirements.gpuMin * 1e9) : undefined;
  const needed = requirements.memoryRequirements.min * 1e9;
  const comfortable = requirements.memoryRequirements.recommended * 1e9;
  if (downloadBytes > machine.diskFreeBytes) {
    return {
      fits: false,
      tight: false,
      lacks: 'disk',
      reason: `It takes ${formatBytes(downloadBytes)} of disk; ${formatBytes(machine.diskFreeBytes)} are free.`,
      hint: 'Free some disk space (llmi list shows what models take), or set HF_HOME and LLMI_HOME to a larger disk.',
    };
  }
  if (needed > machine.memoryFreeBytes && gpu?.holdsAll) return { fits: true, tight: false, reason: `It needs ${formatBytes(gpu.neededBytes)} of GPU memory; ${gpu.says}.` };
  if (needed > machine.memoryFreeBytes) {
    const smaller = quantizations.filter((option) => option.memoryBytes <= machine.memoryFreeBytes).sort((left, right) => right.memoryBytes - left.memoryBytes)[0];
    const wouldFitEmpty = needed <= machine.memoryTotalBytes;
    return {
      fits: false,
      tight: false,
      lacks: 'memory',
      reason: `It needs ${formatBytes(needed)} of memory; ${formatBytes(machine.memoryFreeBytes)} of ${formatBytes(machine.memoryTotalBytes)} are free.`,
      hint: smaller
        ? `Take the ${smaller.name} files, which need ${formatBytes(smaller.memoryBytes)}.`
        : wouldFitEmpty
          ? 'Close other programs, or unload other models, and try again.'
          : 'Choose a smaller model or a stronger quantization of it.',
    };
  }
  if (comfortable > machine.memoryFreeBytes) {
    return {
      fits: true,
      tight: true,
      reason: `It runs, but with its whole context it would need ${formatBytes(comfortable)} of memory; ${formatBytes(machine.memoryFreeBytes)} are free.${onGpu(gpu)}`,
    };
  }
  return { fits: true, tight: false, reason: `It needs ${formatBytes(comfortable)} of memory; ${formatBytes(machine.memoryFreeBytes)} are free.${onGpu(gpu)}` };
}

interface GpuRoom {
  neededBytes: number;
  holdsAll: boolean;
  says: string;
}

/** The GPU with the most room, where any tells how much it has. */
function bestGpu(gpus: MachineInfo['gpus'], neededBytes: number): GpuRoom | undefined {
  const room = (gpu: Gpu) => gpu.memoryFreeBytes ?? gpu.memoryBytes ?? 0;
  const best = [...gpus].sort((left, right) => room(right) - room(left))[0];
  if (!best || room(best) === 0) return undefined;
  return { neededBytes, holdsAll: neededBytes <= room(best), says: `${best.name} has ${formatBytes(room(best))} free` };
}

function onGpu(gpu: GpuRoom | undefined): string {
  if (!gpu) return '';
  return gpu.holdsAll ? ` All of it goes onto the GPU: ${gpu.says}.` : ` A part of it goes onto the GPU: all would be ${formatBytes(gpu.neededBytes)}, and ${gpu.says}.`;
}
