import { ggufSets, isModelGguf } from '../gguf/gguf-set.js';
import { bestThatFits, type RankedChoice, type WeightSet } from './file-choice.js';

const smallModelBytes = 2e9;
const eightBitToFourBit = 8.5 / 4.85; // bits per weight of Q8_0 and of Q4_K_M

/**
 * Order of preference when nothing else is said. A small model loses noticeably at 4 bits and costs little at 8; a large one hardly
 * loses, and speed on a CPU is memory bandwidth. Source of the losses: the perplexity table of llama.cpp's tools/quantize/README.md
 */
const forLargeModels = [
  'Q4_K_M', 'Q5_K_M', 'Q4_K_S', 'Q5_K_S', 'Q6_K', 'Q4_K_L', 'Q5_K_L', 'UD-Q4_K_XL', 'UD-Q5_K_XL', 'Q4_0', 'IQ4_NL', 'IQ4_XS', 'Q5_0', 'Q4_1', 'Q5_1',
  'MXFP4', 'MXFP4_MOE', 'Q8_0', 'Q3_K_L', 'Q3_K_M', 'IQ3_M', 'Q3_K_S', 'IQ3_S', 'Q2_K', 'F16', 'BF16', 'F32',
];
const forSmallModels = ['Q8_0', 'Q6_K', 'Q5_K_M', 'F16', 'BF16', 'Q5_K_S', 'Q5_0', 'Q4_K_M', 'F32', ...forLargeModels];

/** GGUF quantizations of a repository. */
export const ggufWeightSets: (files: Parameters<typeof ggufSets>[0]) => WeightSet[] = ggufSets;

/** The default among complete sets: Q8_0 for a model that has under 2 GB in it, Q4_K_M for a larger one, the nearest there is. */
export function chooseGgufDefault(sets: readonly WeightSet[], memoryBytes: number | undefined): RankedChoice {
  const order = eightBitBytes(sets) < smallModelBytes ? forSmallModels : forLargeModels;
  const place = (set: WeightSet) => (order.includes(set.label) ? order.indexOf(set.label) : order.length);
  const ranked = [...sets].sort((left, right) => place(left) - place(right) || right.sizeBytes - left.sizeBytes);
  return bestThatFits(ranked, memoryBytes, 'it is the usual choice for a model of this size');
}

/** Size of the model at 8 bits: listed, or estimated from another quantization. */
function eightBitBytes(sets: readonly WeightSet[]): number {
  const sizeOf = (...labels: string[]) => sets.find(({ label }) => labels.includes(label))?.sizeBytes;
  const half = sizeOf('F16', 'BF16');
  return sizeOf('Q8_0') ?? (half === undefined ? undefined : half / 1.88) ?? (sets[0]?.sizeBytes ?? 0) * eightBitToFourBit;
}

const companionNames = new Set(['config.json', 'generation_config.json', 'tokenizer_config.json', 'chat_template.jinja']);

/** Files beside a GGUF that change how it is used: a chat template newer than the one inside, sampling defaults. */
export function isGgufCompanion(path: string): boolean {
  return companionNames.has(path) && !isModelGguf(path);
}
