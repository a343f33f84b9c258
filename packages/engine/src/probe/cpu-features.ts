import { readFile } from 'node:fs/promises';

/** What matters to the arithmetic of models, in the words of /proc/cpuinfo. */
const interesting = ['avx', 'avx2', 'fma', 'f16c', 'avx512f', 'avx512_vnni', 'avx_vnni', 'avx512_bf16', 'amx_int8', 'asimd', 'asimddp', 'i8mm', 'sve'];

/** Vector instructions of this processor where the system tells them cheaply (Linux, Apple silicon); undefined elsewhere. */
export async function cpuFeatures(): Promise<string[] | undefined> {
  if (process.platform === 'darwin' && process.arch === 'arm64') return ['asimd', 'asimddp']; // every Apple silicon has them
  if (process.platform !== 'linux') return undefined;
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  return featuresOf(text);
}

/** From the text of /proc/cpuinfo; all cores are taken to be like the first. */
export function featuresOf(cpuinfo: string): string[] | undefined {
  const flags = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpuinfo)?.[1]?.split(/\s+/);
  return flags && interesting.filter((name) => flags.includes(name));
}

/**
 * How many times faster native code multiplies and adds floats than WebAssembly, whose vectors are 128 bits wide and which cannot
 * fuse the two. Unknown x64 processors are taken to have AVX2, as all of the last ten years.
 */
export function nativeAdvantage(features: readonly string[] | undefined, arch: string): number {
  if (arch === 'arm64') return 2; // 128 bits, fused
  const known = features ?? ['avx2', 'fma'];
  const width = known.includes('avx512f') ? 4 : known.includes('avx2') || known.includes('avx') ? 2 : 1; // vectors of 128 bits
  return width * (known.includes('fma') || known.includes('avx512f') ? 2 : 1);
}
