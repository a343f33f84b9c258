import { ggufFile, type TensorType } from './gguf-file.js';

const fileTypes: Partial<Record<TensorType, number>> = { F32: 0, F16: 1, Q8_0: 7 }; // general.file_type

/** A llama-shaped file of one tensor with rows of 64 zeros: for what reads headers, and nothing that computes. */
export function tinyGguf(type: TensorType = 'Q8_0', rows = 4): Buffer {
  return ggufFile(
    {
      'general.architecture': ['string', 'llama'],
      'general.file_type': ['uint32', fileTypes[type] ?? 0],
      'llama.context_length': ['uint32', 256],
      'llama.rope.freq_base': ['float32', 10_000],
      'tokenizer.ggml.tokens': ['array', 'string', Array.from({ length: 100 }, (_, index) => `token${index}`)],
    },
    [{ name: 'token_embd.weight', dimensions: [64, rows], type }],
  );
}
