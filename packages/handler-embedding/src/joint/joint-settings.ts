import { jsonFile, type ModelInfo } from '@llmi/core';
import { readImagePlan, type ImagePlan } from './image-plan.js';
import type { TowerFiles } from './tower-files.js';

/** How a model that reads texts and looks at pictures is fed. */
export interface JointSettings {
  /** Of the tokenizer and the configurations: '' or such as 0_CLIPModel. */
  folder: string;
  maxTokens: number;
  /** Every text is filled up to the last position: SigLIP was trained so, and its graph takes no mask. */
  padsToEnd: boolean;
  lowercase: boolean;
  normalized: boolean;
  dimensions: number | undefined;
  textConfig: Record<string, unknown>;
  visionConfig: Record<string, unknown>;
  plan: ImagePlan | undefined;
}

/** Positions of the text towers where the configuration leaves them out. */
const usualPositions = { clip: 77, siglip: 64 };

/** @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT of what says how pictures are prepared */
export function readJointSettings(model: ModelInfo, { vision, joint }: TowerFiles): JointSettings {
  const folder = transformerFolder(model);
  const config = jsonFile(model, folder === '' ? 'config.json' : `${folder}/config.json`) ?? {};
  const [textConfig, visionConfig] = [objectOf(config.text_config) ?? config, objectOf(config.vision_config) ?? {}];
  const isSiglip = /siglip/.test(String(config.model_type ?? model.modelType));
  const positions = numberOf(textConfig.max_position_embeddings) ?? (isSiglip ? usualPositions.siglip : usualPositions.clip);
  return {
    folder,
    maxTokens: positions,
    padsToEnd: isSiglip,
    lowercase: false,
    normalized: sentenceModules(model)?.some(({ type }) => String(type).endsWith('Normalize')) ?? true,
    dimensions: isSiglip ? (numberOf(textConfig.projection_size) ?? numberOf(visionConfig.hidden_size)) : numberOf(config.projection_dim),
    textConfig,
    visionConfig,
    plan: vision || joint ? readImagePlan(model, folder) : undefined,
  };
}

/** Where sentence-transformers keeps the model of a repository of its layout. */
function transformerFolder(model: ModelInfo): string {
  const path = sentenceModules(model)?.[0]?.path;
  const name = typeof path === 'string' ? path : '';
  return name !== '' && model.json[`${name}/config.json`] !== undefined ? name : '';
}

function sentenceModules(model: ModelInfo): { type?: unknown; path?: unknown }[] | undefined {
  const modules = model.json['modules.json'];
  return Array.isArray(modules) ? modules.filter((module): module is object => typeof module === 'object' && module !== null) : undefined;
}

function objectOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
