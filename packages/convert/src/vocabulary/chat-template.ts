import type { GgufMetadata } from '../gguf/metadata.js';
import { isObject, type JsonObject, type ModelFolder } from '../model-folder.js';

/** A chat template; a model may have several, for tools or for retrieval. */
export interface ChatTemplate {
  name: string;
  template: string;
}

/**
 * The templates of a model: of tokenizer_config.json, else of chat_template.jinja and its companions, else of chat_template.json.
 *
 * Source: SpecialVocab._try_load_from_tokenizer_json of llama.cpp's gguf-py/gguf/vocab.py
 */
export async function chatTemplates(folder: ModelFolder, tokenizerConfig: JsonObject): Promise<ChatTemplate[] | undefined> {
  const own = 'chat_template' in tokenizerConfig ? tokenizerConfig['chat_template'] : await templateFile(folder);
  if (typeof own === 'string') return [{ name: 'default', template: own }];
  if (!Array.isArray(own)) return undefined;
  return own.filter(isObject).flatMap(({ name, template }) => (typeof template === 'string' ? [{ name: typeof name === 'string' ? name : '', template }] : []));
}

async function templateFile(folder: ModelFolder): Promise<unknown> {
  const main = await folder.text('chat_template.jinja');
  if (main === undefined) return (await folder.json('chat_template.json'))?.['chat_template'];
  const others = (await folder.list('additional_chat_templates')).filter((name) => name.endsWith('.jinja'));
  const templates: ChatTemplate[] = [{ name: 'default', template: main }];
  for (const name of others) {
    templates.push({ name: name.slice(0, -'.jinja'.length), template: (await folder.text(`additional_chat_templates/${name}`)) ?? '' });
  }
  return others.length > 0 ? templates : main;
}

export function writeChatTemplates(metadata: GgufMetadata, templates: readonly ChatTemplate[] | undefined): void {
  const plainName = (name: string) => name.replace(/[^A-Za-z0-9]/gu, '_');
  const others = (templates ?? []).map(({ name, template }) => ({ name: plainName(name), template })).filter(({ name }) => name !== '' && name !== 'default');
  for (const { name, template } of others) metadata.string(`tokenizer.chat_template.${name}`, template);
  metadata.strings('tokenizer.chat_templates', [...new Set(others.map(({ name }) => name))]);
  const main = templates?.findLast(({ name }) => name === 'default');
  if (main) metadata.string('tokenizer.chat_template', main.template);
}
