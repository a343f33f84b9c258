import { createHash } from 'node:crypto';
import { formatCount } from '@llmi/core/units';
import type { ModelDescription, ServedModel } from '@llmi/engine';
import type { ServedEngine } from '../../observe/observed-engine.js';
import type { OllamaCapability, OllamaDetails } from './reply-schemas.js';

/** What lists of this API say of a model. */
export function listed({ name, installed }: ServedModel): { name: string; model: string; size: number; digest: string; details: OllamaDetails } {
  return { name, model: name, size: installed.sizeBytes, digest: digestOf(installed), details: detailsOf(installed) };
}

export function detailsOf({ info, requirements }: ServedModel['installed']): OllamaDetails {
  const count = info.gguf?.parameterCount ?? info.safetensors?.parameterCount;
  return {
    parent_model: info.baseModel ?? '',
    format: info.formats[0] ?? '',
    family: requirements.modelFamily,
    families: [requirements.modelFamily],
    parameter_size: count === undefined ? '' : formatCount(count),
    quantization_level: info.quantization ?? '',
  };
}

/** A hash that changes when the files of the model do: of what is known of each. */
function digestOf({ name, revision, files }: ServedModel['installed']): string {
  const content = files.map(({ path, sizeBytes, sha256, gitSha1 }) => [path, sizeBytes, sha256 ?? gitSha1]);
  return createHash('sha256').update(JSON.stringify([name, revision, content])).digest('hex');
}

export function capabilitiesOf({ capabilities, tasks }: Pick<ModelDescription, 'capabilities' | 'tasks'>): OllamaCapability[] {
  const { inputModalities, outputModalities } = capabilities;
  const has: Record<OllamaCapability, boolean> = {
    completion: outputModalities.includes('text') && (tasks.includes('text-generation') || tasks.includes('image-text-to-text')),
    tools: capabilities.supportsTools,
    vision: inputModalities.includes('image') && outputModalities.includes('text'),
    embedding: outputModalities.includes('embedding'),
    thinking: capabilities.supportsReasoning,
    image: outputModalities.includes('image'),
    audio: inputModalities.includes('audio'),
  };
  return (Object.keys(has) as OllamaCapability[]).filter((name) => has[name]);
}

/** As above; none for a model whose handler cannot say: one such must not hide the others from a list. */
export async function knownCapabilities(engine: ServedEngine, name: string): Promise<OllamaCapability[]> {
  return engine.describe(name).then(capabilitiesOf, () => []);
}

/** `model_info` of this API: the keys of the GGUF header, or what is known without one. */
export function modelInfo({ info, requirements }: ServedModel['installed'], { capabilities }: ModelDescription): Record<string, unknown> {
  const architecture = info.gguf?.architecture ?? requirements.modelType;
  const count = info.gguf?.parameterCount ?? info.safetensors?.parameterCount;
  return {
    'general.architecture': architecture,
    ...(count === undefined ? {} : { 'general.parameter_count': count }),
    ...(capabilities.maxContextLength === undefined ? {} : { [`${architecture}.context_length`]: capabilities.maxContextLength }),
    ...(capabilities.embeddingDimensions === undefined ? {} : { [`${architecture}.embedding_length`]: capabilities.embeddingDimensions }),
    ...info.gguf?.metadata,
  };
}
