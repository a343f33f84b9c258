const shardSuffix = /-(\d{5})-of-(\d{5})$/;

/** Names of quantizations as llama.cpp and the uploaders of the hub write them: Q8_0, IQ2_XXS, UD-Q4_K_XL, BF16, MXFP4_MOE. */
const labels = /(?:^|[-._/])((?:UD-)?(?:I?Q\d+(?:_[A-Z0-9]+)*|TQ\d_\d|BF16|FP?16|FP?32|MXFP4(?:_[A-Z]+)*))(?=$|[-._])/gi;

/** Where in a split file set a file is: `model-00002-of-00003.gguf` is part 2 of 3. */
export function shardOf(path: string): { prefix: string; index: number; count: number } | undefined {
  const stem = path.replace(/\.[^./]+$/, '');
  const match = shardSuffix.exec(stem);
  return match ? { prefix: stem.slice(0, match.index), index: Number(match[1]), count: Number(match[2]) } : undefined;
}

/** The quantization that a GGUF file's name tells, in capitals; undefined when it tells none. */
export function ggufLabel(path: string): string | undefined {
  const stem = path.slice(path.lastIndexOf('/') + 1).replace(/\.gguf$/i, '').replace(shardSuffix, '');
  const found = [...stem.matchAll(labels)].at(-1)?.[1];
  return found?.toUpperCase().replace(/^FP(16|32)$/, 'F$1');
}
