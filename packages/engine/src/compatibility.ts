import type { ModelRequirements, QuantizationOption } from '@llmi/core';
import { formatBytes } from '@llmi/core/units';
import type { CheckReport, MachineInfo } from './contract.js';

/** Whether the model runs here: its memory against what is free, and its files against the disk. */
export function judge(
  requirements: ModelRequirements,
  downloadBytes: number,
  machine: Pick<MachineInfo, 'memoryFreeBytes' | 'memoryTotalBytes' | 'diskFreeBytes'>,
  quantizations: QuantizationOption[],
): CheckReport['verdict'] {
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
      reason: `It runs, but with its whole context it would need ${formatBytes(comfortable)} of memory; ${formatBytes(machine.memoryFreeBytes)} are free.`,
    };
  }
  return { fits: true, tight: false, reason: `It needs ${formatBytes(comfortable)} of memory; ${formatBytes(machine.memoryFreeBytes)} are free.` };
}
