import { nearestKind, type LlmiError } from '@llmi/core';
import { unsupported } from '../errors.js';
import { bert, distilbert, roberta, xlmRoberta } from './bert.js';
import type { Family } from './family.js';
import { gemma, gemma2, gemma3, gemmaEmbedding } from './gemma.js';
import { gpt2 } from './gpt2.js';
import { llama, smollm3 } from './llama.js';
import { nomicBert } from './nomic-bert.js';
import { phi3 } from './phi3.js';
import { qwen2, qwen2moe, qwen3, qwen3moe } from './qwen.js';

const families: Family[] = [
  llama, smollm3, qwen2, qwen2moe, qwen3, qwen3moe, gemma, gemma2, gemma3, gemmaEmbedding, phi3, gpt2, bert, distilbert, roberta, xlmRoberta, nomicBert,
];

const byArchitecture = new Map(families.flatMap((family) => family.architectures.map((name) => [name, family] as const)));

/** Every architecture that can be converted, by its name in transformers. */
export const convertibleArchitectures: readonly string[] = [...byArchitecture.keys()];

/**
 * The family of an architecture.
 * @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED naming the nearest that there is
 */
export function familyOf(architecture: string | undefined): Family {
  const family = architecture === undefined ? undefined : byArchitecture.get(architecture);
  if (!family) throw unknownArchitecture(architecture);
  return family;
}

function unknownArchitecture(architecture: string | undefined): LlmiError {
  if (architecture === undefined) return unsupported('config.json names no architecture, so there is no telling how to convert the model.');
  const near = nearestKind(architecture, convertibleArchitectures);
  return unsupported(
    `Models of the architecture ${JSON.stringify(architecture)} cannot be converted.`,
    `${near === undefined ? '' : `The nearest that can is ${near}. `}Look for a GGUF or ONNX version of the model on the hub.`,
  );
}
