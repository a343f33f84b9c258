import { LlmiError, modelInfoSchema, type ModelFile, type ModelFormat, type ModelInfo, type ModelInfoInput } from '@llmi/core';
import { baseModelOf, detectTask } from './detect/detect-task.js';
import { isSmallText } from './small-files.js';

/** Formats of the weights that the files hold. */
function formatsOf(files: readonly ModelFile[]): ModelFormat[] {
  const has = (extension: string) => files.some(({ path }) => path.toLowerCase().endsWith(extension));
  const formats: ModelFormat[] = [];
  if (has('.gguf')) formats.push('gguf');
  if (has('.onnx')) formats.push('onnx');
  if (has('.safetensors')) formats.push('safetensors');
  return formats;
}

/** The small files' contents, parsed. @throws {LlmiError} MODEL_FILE_CORRUPT for JSON that is none */
export function parseSmallFiles(contents: ReadonlyMap<string, string>): { json: Record<string, unknown>; text: Record<string, string> } {
  const json: Record<string, unknown> = {};
  const text: Record<string, string> = {};
  for (const [path, content] of contents) {
    if (isSmallText(path) || path.startsWith('additional_chat_templates/')) {
      text[path] = content;
      continue;
    }
    try {
      const value = parseJson(content);
      if (isDeeper(value, deepest)) throw new Error(`It is nested deeper than ${deepest} levels.`);
      json[path] = value;
    } catch (cause) {
      throw new LlmiError('MODEL_FILE_CORRUPT', {
        message: `${path} is no valid JSON${cause instanceof SyntaxError ? '' : ' for a model: it is nested too deep'}.`,
        hint: 'The file is damaged where it comes from, or was cut off on the way.',
        cause,
      });
    }
  }
  return { json, text };
}

const deepest = 64; // no configuration is; what goes through it later may recurse

function isDeeper(value: unknown, levels: number): boolean {
  return typeof value === 'object' && value !== null && (levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1)));
}

/** JSON as Python writes it: with a byte order mark perhaps, and with NaN and Infinity, which become null. */
function parseJson(content: string): unknown {
  const text = content.replace(/^\ufeff/, '');
  try {
    return JSON.parse(text);
  } catch {
    return JSON.parse(text.replace(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g, (token) => (token.startsWith('"') ? token : 'null')));
  }
}

const objectAt = (json: Record<string, unknown>, path: string): Record<string, unknown> => {
  const value = json[path];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
};
const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** Facts that handlers are matched on, filled in from what was read. What the hub says wins over what is derived. */
export function completeInfo(facts: ModelInfoInput): ModelInfo {
  const json = facts.json ?? {};
  const config = objectAt(json, json['config.json'] === undefined ? '0_Transformer/config.json' : 'config.json');
  const paths = new Set(facts.files.map(({ path }) => path));
  const architectures = Array.isArray(config['architectures']) ? config['architectures'].filter((name): name is string => typeof name === 'string') : [];
  const timm = textOf(config['architecture']); // timm's config.json names one architecture and no model type
  const named = architectures.length > 0 ? architectures : timm === undefined ? [] : [timm];
  const pipelineClass = textOf(objectAt(json, 'model_index.json')['_class_name']);
  return modelInfoSchema.parse({
    ...facts,
    modelType: textOf(config['model_type']) ?? facts.gguf?.architecture,
    architectures: named,
    pipelineClass,
    task: detectTask({ json, config, architectures: named, pipelineClass, gguf: facts.gguf, paths }) ?? facts.pipelineTag,
    baseModel: baseModelOf(json, facts.tags ?? [], paths),
    libraryName: facts.libraryName ?? libraryOf(paths, config),
    formats: formatsOf(facts.files),
  });
}

/** The library that a repository's files are laid out for, where nobody says it. */
function libraryOf(paths: ReadonlySet<string>, config: Record<string, unknown>): string | undefined {
  if (paths.has('model_index.json')) return 'diffusers';
  if (paths.has('modules.json')) return 'sentence-transformers';
  if (paths.has('adapter_config.json')) return 'peft';
  if (config['model_type'] !== undefined) return 'transformers';
  if (config['pretrained_cfg'] !== undefined) return 'timm';
  return [...paths].some((path) => path.toLowerCase().endsWith('.gguf')) ? 'gguf' : undefined;
}

const cardKeys = { pipeline_tag: 'pipelineTag', library_name: 'libraryName', license: 'license' } as const;

/** What the head of a local model's README.md says, as the hub would: task, library, licence, base. Only plain `key: value` lines. */
export function cardFacts(readme: string): Partial<Record<(typeof cardKeys)[keyof typeof cardKeys], string>> & { tags?: string[] } {
  const head = /^\ufeff?---\s*\n([\s\S]*?)\n---/.exec(readme)?.[1] ?? '';
  const facts: ReturnType<typeof cardFacts> = {};
  for (const line of head.split('\n')) {
    const match = /^(pipeline_tag|library_name|license):\s*["']?([\w.-]+)["']?\s*$/.exec(line);
    if (match) facts[cardKeys[match[1] as keyof typeof cardKeys]] = match[2]!;
  }
  const base = /^base_model:\s*(?:\n\s*-\s*)?["']?([\w.-]+\/[\w.-]+)["']?\s*$/m.exec(head)?.[1];
  return base === undefined ? facts : { ...facts, tags: [`base_model:${base}`] };
}
