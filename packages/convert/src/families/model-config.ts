import { corrupt, missing } from '../errors.js';
import { isObject, type JsonObject, type ModelFolder } from '../model-folder.js';
import { configDefaults } from './config-defaults.js';

/** config.json with the family's defaults filled in; a text model inside a multimodal one is lifted to the top. */
export class ModelConfig {
  constructor(
    readonly values: JsonObject,
    /** The architecture by its name in transformers: LlamaForCausalLM. */
    readonly architecture: string | undefined,
    /** config.json as it is. */
    readonly raw: JsonObject,
  ) {}

  static async read(folder: ModelFolder): Promise<ModelConfig> {
    const raw = await folder.json('config.json');
    if (!raw) throw missing('config.json');
    const top = withDefaults(raw);
    const text = isObject(raw['text_config']) ? withDefaults(raw['text_config']) : undefined;
    return new ModelConfig({ ...top, ...text }, architectureOf(raw), raw);
  }

  /** The value of the first of `keys` that is there at all; null counts as nothing. */
  find(...keys: string[]): unknown {
    const key = keys.find((name) => name in this.values);
    return key === undefined ? undefined : (this.values[key] ?? undefined);
  }

  number(...keys: string[]): number | undefined {
    const value = this.find(...keys);
    return typeof value === 'number' ? value : undefined;
  }

  /** @throws {LlmiError} MODEL_FILE_CORRUPT */
  required(...keys: string[]): number {
    const value = this.number(...keys);
    if (value === undefined) throw corrupt(`config.json has no number ${keys.join(' or ')}.`);
    return value;
  }
}

/** The architecture that a config.json names, the text model's own one first. */
export function architectureOf(config: JsonObject): string | undefined {
  const text = config['text_config'];
  const names = (isObject(text) ? text['architectures'] : undefined) ?? config['architectures'];
  const first: unknown = Array.isArray(names) ? names[0] : undefined;
  return typeof first === 'string' ? first : undefined;
}

function withDefaults(config: JsonObject): JsonObject {
  const { values, derive } = configDefaults[String(config['model_type'])] ?? {};
  const filled = { ...values, ...config };
  return { ...filled, ...derive?.(filled) };
}
