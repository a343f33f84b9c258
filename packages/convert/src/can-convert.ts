import { jsonFile, LlmiError, type ModelInfo } from '@llmi/core';
import { architectureOf } from './families/model-config.js';
import { familyOf } from './families/registry.js';
import { isObject, type JsonObject } from './model-folder.js';

/** Whether a model can be converted, and if not, why. */
export type Convertible = { ok: true; architecture: string } | { ok: false; reason: string; hint?: string };

/**
 * Tells from a model's facts, or from its config.json alone, whether `convert` takes it: nothing is read or fetched.
 */
export function canConvert(model: ModelInfo | JsonObject): Convertible {
  const info = isModelInfo(model) ? model : undefined;
  const config = info ? jsonFile(info, 'config.json') : (model as JsonObject);
  if (!config) return { ok: false, reason: 'The model has no config.json.' };
  if (info && !info.files.some(({ path }) => /^model[^/]*\.safetensors$/.test(path))) return { ok: false, reason: 'The model has no safetensors weights.' };
  const quantization = config['quantization_config'];
  if (isObject(quantization)) return { ok: false, reason: `The weights are quantized already (${String(quantization['quant_method'] ?? 'unknown')}).` };
  try {
    return { ok: true, architecture: familyOf(architectureOf(config)).name };
  } catch (error) {
    if (!LlmiError.is(error)) throw error;
    return { ok: false, reason: error.message, hint: error.hint };
  }
}

function isModelInfo(model: ModelInfo | JsonObject): model is ModelInfo {
  return Array.isArray(model['files']) && typeof model['id'] === 'string' && isObject(model['json']);
}
