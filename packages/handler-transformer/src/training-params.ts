import type { ModelInfo, TrainingParams } from '@llmi/core';
import { trainContext } from './requirements.js';

/** Below this many parameters all of them are trained; above, an adapter. */
const fullTrainingLimit = 200_000_000;
const largeModel = 10_000_000_000;
const longestExample = 2048; // tokens; more needs more memory than an adapter saves

/** Linear layers of a block by family, as PEFT names them in the transformers implementation of each. */
const targets: Record<string, string[]> = {
  gpt2: ['c_attn', 'c_proj', 'c_fc'],
  gptneox: ['query_key_value', 'dense', 'dense_h_to_4h', 'dense_4h_to_h'],
  gptj: ['q_proj', 'k_proj', 'v_proj', 'out_proj', 'fc_in', 'fc_out'],
  falcon: ['query_key_value', 'dense', 'dense_h_to_4h', 'dense_4h_to_h'],
  bloom: ['query_key_value', 'dense', 'dense_h_to_4h', 'dense_4h_to_h'],
  mpt: ['Wqkv', 'out_proj', 'up_proj', 'down_proj'],
  phi2: ['q_proj', 'k_proj', 'v_proj', 'dense', 'fc1', 'fc2'],
  phi3: ['qkv_proj', 'o_proj', 'gate_up_proj', 'down_proj'],
  baichuan: ['W_pack', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],
  internlm2: ['wqkv', 'wo', 'w1', 'w2', 'w3'],
  chatglm: ['query_key_value', 'dense', 'dense_h_to_4h', 'dense_4h_to_h'],
  mamba: ['in_proj', 'x_proj', 'dt_proj', 'out_proj'],
};
const llamaTargets = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'];

/** Defaults for fine-tuning, by size. Source of the learning rates: Dettmers et al. 2023 (QLoRA), table 9, and Hu et al. 2021 (LoRA). */
export function trainingParams(model: ModelInfo): TrainingParams {
  const parameters = model.gguf?.parameterCount ?? 0;
  const isLarge = parameters >= largeModel;
  const lora = { loraRank: isLarge ? 64 : 16, loraAlpha: isLarge ? 16 : 32, loraDropout: 0.05, loraTargetModules: targets[model.gguf?.architecture ?? model.modelType ?? ''] ?? llamaTargets };
  const shared = { epochs: 3, warmupRatio: 0.03, maxSequenceLength: Math.min(trainContext(model) ?? longestExample, longestExample), ...lora };
  if (parameters > 0 && parameters <= fullTrainingLimit) {
    return { method: 'full', learningRate: 5e-5, batchSize: 8, gradientAccumulationSteps: 4, weightDecay: 0.01, ...shared };
  }
  return {
    method: 'lora',
    learningRate: isLarge ? 1e-4 : 2e-4,
    batchSize: isLarge ? 1 : 4,
    gradientAccumulationSteps: isLarge ? 16 : 4,
    weightDecay: 0,
    ...shared,
  };
}
