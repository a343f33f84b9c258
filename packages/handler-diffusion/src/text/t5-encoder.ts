import type { Components } from '../components/components.js';
import type { Tensor } from '../components/tensor.js';
import { loadT5Tokenizer } from '../tokenizers/t5-tokenizer.js';
import { tokenizerOf } from './clip-encoder.js';

export interface T5Options {
  /** Tokens of every prompt: shorter ones are filled up, longer ones cut. */
  maxLength: number;
  signal?: AbortSignal;
}

export interface T5Text {
  hidden: Tensor; // [prompts, maxLength, channels]
  mask: Tensor; // [prompts, maxLength], 1 for a token of the prompt
}

/**
 * What a T5 encoder makes of lists of prompts. As in diffusers the encoder sees the padding too; the denoiser may be given the mask.
 * @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FORMAT_UNSUPPORTED
 */
export async function encodeT5(components: Components, name: string, lists: readonly (readonly string[])[], { maxLength, signal }: T5Options): Promise<T5Text[]> {
  const tokenizer = await components.remember(tokenizerOf(name), () => loadT5Tokenizer(components.folderOf(tokenizerOf(name))));
  await using lease = await components.lease(name, signal);
  const texts: T5Text[] = [];
  for (const prompts of lists) {
    const encoded = prompts.map((prompt) => tokenizer.encode(prompt, maxLength));
    const shape = [prompts.length, maxLength];
    const ids = { data: Float32Array.from(encoded.flatMap((text) => text.ids)), shape };
    const everything = { data: new Float32Array(prompts.length * maxLength).fill(1), shape };
    const hidden = await lease.graph.compute(lease.graph.tensors({ input_ids: ids, attention_mask: everything }), 'last_hidden_state', signal);
    texts.push({ hidden, mask: { data: Float32Array.from(encoded.flatMap((text) => text.mask)), shape } });
  }
  return texts;
}
