import type { GgufFacts } from '@llmi/core';
import { taskOfConfig } from './task-of-config.js';
import { taskOfPipeline } from './task-of-pipeline.js';

export interface StructuralFacts {
  json: Readonly<Record<string, unknown>>;
  config: Readonly<Record<string, unknown>>;
  architectures: readonly string[];
  pipelineClass?: string | undefined;
  gguf?: GgufFacts | undefined;
  paths: ReadonlySet<string>;
}

/** What PEFT calls the tasks of its adapters. Source: TaskType of https://github.com/huggingface/peft/blob/main/src/peft/utils/peft_types.py */
const taskOfAdapter: Record<string, string> = {
  CAUSAL_LM: 'text-generation', SEQ_2_SEQ_LM: 'text2text-generation', SEQ_CLS: 'text-classification', TOKEN_CLS: 'token-classification',
  QUESTION_ANS: 'question-answering', FEATURE_EXTRACTION: 'feature-extraction',
};

/** GGUF architectures that are no text generators. Source: LLM_ARCH_NAMES of llama.cpp's src/llama-arch.cpp, and stable-diffusion.cpp */
const taskOfGguf: Record<string, string> = {
  t5: 'text2text-generation', t5encoder: 'feature-extraction', whisper: 'automatic-speech-recognition', flux: 'text-to-image', sd1: 'text-to-image', sdxl: 'text-to-image',
  sd3: 'text-to-image', aura: 'text-to-image', qwen_image: 'text-to-image', ltxv: 'text-to-video', wan: 'text-to-video', hyvid: 'text-to-video',
  clip: 'image-feature-extraction', 'wavtokenizer-dec': 'text-to-speech',
};
const ggufEncoders = /^(bert|nomic-bert(-moe)?|jina-bert-v[23]|modern-bert|neo-bert|eurobert|gemma-embedding)$/;
const rankPooling = 4; // LLAMA_POOLING_TYPE_RANK

/** What a model does, from its files alone; undefined where they do not tell. */
export function detectTask({ json, config, architectures, pipelineClass, gguf, paths }: StructuralFacts): string | undefined {
  if (pipelineClass !== undefined) return taskOfPipeline(pipelineClass);
  const adapter = objectAt(json, 'adapter_config.json');
  if (adapter) return taskOfAdapter[String(adapter['task_type'])];
  if (objectAt(json, 'config_sentence_transformers.json')?.['model_type'] === 'CrossEncoder') return 'text-ranking';
  if (Array.isArray(json['modules.json'])) return 'sentence-similarity';
  if (gguf) return ggufTask(gguf);
  const task = taskOfConfig(config, architectures);
  if (task === undefined && paths.has('pytorch_lora_weights.safetensors')) return 'text-to-image';
  return task;
}

function ggufTask({ architecture, metadata }: GgufFacts): string | undefined {
  if (metadata[`${architecture}.pooling_type`] === rankPooling) return 'text-ranking';
  if (ggufEncoders.test(architecture)) return 'feature-extraction';
  if (Object.hasOwn(taskOfGguf, architecture)) return taskOfGguf[architecture];
  const pooling = metadata[`${architecture}.pooling_type`];
  return typeof pooling === 'number' && pooling > 0 ? 'feature-extraction' : 'text-generation';
}

/** Id of the model that an adapter belongs to. */
export function baseModelOf(json: Readonly<Record<string, unknown>>, tags: readonly string[], paths: ReadonlySet<string>): string | undefined {
  const named = objectAt(json, 'adapter_config.json')?.['base_model_name_or_path'];
  if (typeof named === 'string' && /^[\w.-]+\/[\w.-]+$/.test(named)) return named;
  const relation = paths.has('pytorch_lora_weights.safetensors') ? /^base_model:(?:[a-z]+:)?([\w.-]+\/[\w.-]+)$/ : /^base_model:adapter:([\w.-]+\/[\w.-]+)$/;
  return tags.map((tag) => relation.exec(tag)?.[1]).find((id) => id !== undefined);
}

function objectAt(json: Readonly<Record<string, unknown>>, path: string): Record<string, unknown> | undefined {
  const value = json[path];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}
