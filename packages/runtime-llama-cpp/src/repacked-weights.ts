/**
 * Tensor types (numbers of ggml_type) that llama.cpp rearranges for a processor, by the feature that it names in its system info.
 * Source: ggml_repack_get_optimal_repack_type in ggml-cpu/repack.cpp, qtype_has_amx_kernels in ggml-cpu/amx/common.h
 */
const repackedTypes: Record<string, readonly number[]> = {
  AVX2: [2, 12, 20, 39], // Q4_0, Q4_K, IQ4_NL, MXFP4
  AVX512: [10], // Q2_K
  AMX_INT8: [2, 3, 8, 12, 13, 14, 23], // Q4_0, Q4_1, Q8_0, Q4_K, Q5_K, Q6_K, IQ4_XS
  DOTPROD: [2, 8, 12, 13, 14, 20, 39], // Q4_0, Q8_0, Q4_K, Q5_K, Q6_K, IQ4_NL, MXFP4
  MATMUL_INT8: [2, 8, 12, 13, 14],
};

/** A smaller share is not worth reading the rest of the file for. */
const worthwhileShare = 0.1;

/**
 * True when so much of a file is rearranged into memory of its own that mapping the file would keep most of it twice. Then it is read
 * instead: resident memory is the size of the weights either way.
 *
 * `bytesByType`: bytes of all tensors by the number of their type. `systemInfo`: llama.cpp's line, such as "CPU : AVX2 = 1 | ...".
 */
export function isRepacked(bytesByType: ReadonlyMap<number, number>, systemInfo: string): boolean {
  const features = Object.keys(repackedTypes).filter((name) => new RegExp(`\\b${name} = 1\\b`).test(systemInfo));
  const types = new Set(features.flatMap((name) => repackedTypes[name]!));
  let [all, repacked] = [0, 0];
  for (const [type, bytes] of bytesByType) {
    all += bytes;
    if (types.has(type)) repacked += bytes;
  }
  return repacked > all * worthwhileShare;
}
