import type { GgufFacts, ModelFile } from '@llmi/core';
import { ggufLabel, shardOf } from '../choose/gguf-label.js';

/** One quantization of a model as GGUF: one file, or the parts of a split one in order. */
export interface GgufSet {
  label: string; // Q8_0; the file's stem where its name tells none
  files: ModelFile[];
  sizeBytes: number;
  /** Parts that the file names promise and the listing lacks. */
  missing: number;
}

/** GGUF files that are no language model of their own: vision projectors, calibration data, draft heads. */
const besideModel = /(^|[-._/])(mmproj|imatrix|projector)([-._]|$)/i;

export function isModelGguf(path: string): boolean {
  return path.toLowerCase().endsWith('.gguf') && !besideModel.test(path.slice(path.lastIndexOf('/') + 1));
}

/** The quantizations among `files`, smallest first, their names made unique. */
export function ggufSets(files: readonly ModelFile[]): GgufSet[] {
  const groups = new Map<string, ModelFile[]>();
  for (const file of files.filter(({ path }) => isModelGguf(path))) {
    const shard = shardOf(file.path);
    const key = shard ? `${shard.prefix}/${shard.count}` : file.path;
    groups.set(key, [...(groups.get(key) ?? []), file]);
  }
  const sets = [...groups.values()].map((group): GgufSet => {
    const ordered = group.sort((left, right) => left.path.localeCompare(right.path));
    const { path } = ordered[0]!;
    const stem = path.slice(path.lastIndexOf('/') + 1).replace(/\.gguf$/i, '');
    const shard = shardOf(path);
    return {
      label: ggufLabel(path) ?? (shard ? stem.replace(/-\d{5}-of-\d{5}$/, '') : stem),
      files: ordered,
      sizeBytes: ordered.reduce((sum, file) => sum + file.sizeBytes, 0),
      missing: shard ? shard.count - ordered.length : 0,
    };
  });
  return withUniqueLabels(sets).sort((left, right) => left.sizeBytes - right.sizeBytes);
}

/** Two files of one quantization (of two models in one repository): the shorter name keeps the label, the others go by their own. */
function withUniqueLabels(sets: GgufSet[]): GgufSet[] {
  const taken = new Set<string>();
  return [...sets]
    .sort((left, right) => left.files[0]!.path.length - right.files[0]!.path.length)
    .map((set) => {
      const label = taken.has(set.label) ? set.files[0]!.path.replace(/\.gguf$/i, '') : set.label;
      taken.add(label);
      return { ...set, label };
    });
}

/** The facts of a split model: the first part's metadata, everybody's tensors. */
export function mergeShards(parts: readonly GgufFacts[]): GgufFacts {
  const [first, ...rest] = parts as [GgufFacts, ...GgufFacts[]];
  const merged = { ...first, bytesByType: { ...first.bytesByType } };
  for (const part of rest) {
    merged.parameterCount += part.parameterCount;
    merged.tensorBytes += part.tensorBytes;
    for (const [type, bytes] of Object.entries(part.bytesByType)) merged.bytesByType[type] = (merged.bytesByType[type] ?? 0) + bytes;
  }
  return merged;
}
