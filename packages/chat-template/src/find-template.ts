import { jsonFile, type ModelInfo } from '@llmi/core';

/** Metadata of a GGUF file by full key, from a header or from a loaded model. */
type Metadata = Readonly<Record<string, unknown>>;

/**
 * The model's own chat template: in the GGUF file itself, under its name or as the variant "default"; else beside it in the
 * repository. Undefined for a model that has none.
 */
export function findTemplate(metadata: Metadata, model?: ModelInfo): string | undefined {
  const inFile = text(metadata['tokenizer.chat_template']) ?? text(metadata['tokenizer.chat_template.default']);
  if (inFile !== undefined || model === undefined) return inFile;
  return text(model.text['chat_template.jinja']) ?? fromTokenizerConfig(jsonFile(model, 'tokenizer_config.json')?.chat_template);
}

/** A text, or a list of named templates. */
function fromTokenizerConfig(value: unknown): string | undefined {
  if (!Array.isArray(value)) return text(value);
  const named = value as { name?: unknown; template?: unknown }[];
  return text(named.find(({ name }) => name === 'default')?.template);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}
