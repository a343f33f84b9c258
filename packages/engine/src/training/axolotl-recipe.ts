import { basename } from 'node:path';
import type { TrainingParams } from '@llmi/core';
import type { ExampleLayout, TrainingData } from './contract.js';

/** Source: the configuration reference of axolotl (https://docs.axolotl.ai/docs/config-reference.html). */
export function axolotlRecipe(base: string, data: TrainingData, params: TrainingParams): Record<string, string> {
  const lines: [string, unknown][] = [
    ['base_model', base],
    ['datasets', [{ path: basename(data.path), ds_type: 'json', ...dataset[data.layout] }]],
    ['output_dir', params.method === 'lora' ? './adapter' : './model'],
    ['sequence_len', params.maxSequenceLength],
    ['sample_packing', false],
    ...(params.method === 'lora'
      ? ([
          ['adapter', 'lora'],
          ['lora_r', params.loraRank],
          ['lora_alpha', params.loraAlpha],
          ['lora_dropout', params.loraDropout],
          ['lora_target_modules', params.loraTargetModules],
        ] satisfies [string, unknown][])
      : []),
    ['micro_batch_size', params.batchSize],
    ['gradient_accumulation_steps', params.gradientAccumulationSteps],
    ['num_epochs', params.epochs],
    ['learning_rate', params.learningRate],
    ['lr_scheduler', 'cosine'],
    ['warmup_ratio', params.warmupRatio],
    ['weight_decay', params.weightDecay],
    ['optimizer', 'adamw_torch'],
    ['bf16', 'auto'],
    ['gradient_checkpointing', true],
    ['seed', 42],
  ];
  // JSON is YAML: what is written so needs no quoting rules of its own.
  const yaml = lines.map(([key, value]) => `${key}: ${JSON.stringify(value)}`).join('\n');
  return { 'axolotl.yaml': `# Written by "llmi train-config"; change what you like.\n${yaml}\n`, 'requirements.txt': 'axolotl>=0.12\n' };
}

const dataset: Record<ExampleLayout, Record<string, unknown>> = {
  chat: { type: 'chat_template', field_messages: 'messages' },
  instruction: { type: 'alpaca' },
  completion: { type: { field_instruction: 'prompt', field_output: 'completion', format: '{instruction}' } },
  text: { type: 'completion', field: 'text' },
};
