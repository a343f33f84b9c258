import type { GgufMetadata } from '../gguf/metadata.js';
import { isObject, type JsonObject, type ModelFolder } from '../model-folder.js';
import { readModelCard } from './model-card.js';
import { idToTitle, modelIdParts, type ModelIdParts } from './model-id.js';
import { sizeLabel, type ParameterCount } from './size-label.js';

/** Sampling parameters of generation_config.json: GGUF key, type, and the names it may go by. */
const sampling: [string, 'string' | 'int32' | 'float32', string[]][] = [
  ['sequence', 'string', ['sequence']],
  ['top_k', 'int32', ['top_k']],
  ['top_p', 'float32', ['top_p']],
  ['min_p', 'float32', ['min_p']],
  ['xtc_probability', 'float32', ['xtc_probability']],
  ['xtc_threshold', 'float32', ['xtc_threshold']],
  ['temp', 'float32', ['temperature']],
  ['penalty_last_n', 'int32', ['penalty_last_n']],
  ['penalty_repeat', 'float32', ['penalty_repeat', 'repetition_penalty']],
  ['mirostat', 'int32', ['mirostat']],
  ['mirostat_tau', 'float32', ['mirostat_tau']],
  ['mirostat_eta', 'float32', ['mirostat_eta']],
];

/** Fields of the model card by the names they go by, the first that is there. */
const cardFields: Record<string, string[]> = {
  name: ['name', 'model_name'],
  author: ['author', 'model_author', 'model_creator'],
  version: ['version', 'model_version'],
  organization: ['organization', 'model_organization'],
  description: ['description', 'model_description'],
  finetune: ['finetune', 'model_finetune'],
  basename: ['basename', 'model_basename', 'model_type'],
  sizeLabel: ['size_label', 'model_size_label'],
  'source.url': ['url', 'model_url'],
  'source.doi': ['doi', 'model_doi'],
  'source.uuid': ['uuid', 'model_uuid'],
  'source.repo_url': ['repo_url', 'model_repo_url'],
  license: ['license'],
  'license.name': ['license_name'],
  'license.link': ['license_link'],
};

/**
 * Writes what is known of where the model comes from: names, licence, base models, tags, and how it likes to be sampled.
 *
 * @param folder where the model card lies: the model's, or the adapter's
 * Source: class Metadata of llama.cpp's gguf-py/gguf/metadata.py
 */
export async function writeGeneralMetadata(metadata: GgufMetadata, folder: ModelFolder, parameters: ParameterCount, notes: string[], type = 'model'): Promise<void> {
  const card = await readModelCard(folder, notes);
  const facts = await gatherFacts(folder, card, parameters);
  metadata.string('general.type', type);
  if (type === 'adapter') metadata.string('adapter.type', 'lora');
  await writeSampling(metadata, folder);
  metadata.string('general.name', facts['name'] ?? folder.name);
  const write = (key: string, value = facts[key]) => value !== undefined && metadata.string(`general.${key}`, value);
  for (const key of ['author', 'version', 'organization', 'finetune', 'basename', 'description']) write(key);
  write('size_label', facts['sizeLabel'] ?? (parameters.total > 0 ? sizeLabel(parameters) : undefined));
  for (const key of ['license', 'license.name', 'license.link', 'source.url', 'source.doi', 'source.uuid', 'source.repo_url']) write(key);
  writeOrigins(metadata, 'base_model', list(card, ['base_model', 'base_models', 'base_model_sources']), parameters.total);
  writeOrigins(metadata, 'dataset', list(card, ['datasets', 'dataset', 'dataset_sources']), parameters.total);
  metadata.strings('general.tags', [...texts(card['tags']), ...texts(card['pipeline_tag'])]);
  metadata.strings('general.languages', [...texts(card['languages']), ...texts(card['language'])]);
}

/** The card's fields, then what the model's name tells, then what the folder's does. */
async function gatherFacts(folder: ModelFolder, card: JsonObject, parameters: ParameterCount): Promise<Record<string, string | undefined>> {
  const facts: Record<string, string | undefined> = {};
  for (const [field, names] of Object.entries(cardFields)) {
    const value = names.map((name) => card[name]).find((found) => found !== undefined && found !== null);
    if (value !== undefined) facts[field] = Array.isArray(value) ? value.join(',') : String(value);
  }
  const config = await folder.json('config.json');
  const path = config?.['_name_or_path'];
  if (typeof path === 'string' && path.split('/').length <= 2) addFromName(facts, modelIdParts(path, parameters.total));
  addFromName(facts, modelIdParts(folder.name, parameters.total));
  return facts;
}

function addFromName(facts: Record<string, string | undefined>, parts: ModelIdParts): void {
  if (parts.fullName !== undefined) facts['name'] ??= idToTitle(parts.fullName);
  if (parts.organization !== undefined) facts['organization'] ??= idToTitle(parts.organization);
  facts['basename'] ??= parts.basename;
  facts['finetune'] ??= parts.finetune;
  facts['version'] ??= parts.version;
  facts['sizeLabel'] ??= parts.sizeLabel;
}

async function writeSampling(metadata: GgufMetadata, folder: ModelFolder): Promise<void> {
  const config = (await folder.json('generation_config.json').catch(() => undefined)) ?? {};
  for (const [key, type, names] of sampling) {
    const value = names.map((name) => config[name]).find((found) => found !== undefined);
    if (type === 'string' ? typeof value === 'string' : typeof value === 'number') metadata[type](`general.sampling.${key}`, value as never);
  }
}

/** Base models or datasets: how many, and for each its name, organization, version and address, or what the card says in full. */
function writeOrigins(metadata: GgufMetadata, kind: 'base_model' | 'dataset', entries: unknown[] | undefined, totalParameters: number): void {
  if (entries === undefined) return;
  metadata.uint32(`general.${kind}.count`, entries.length);
  entries.forEach((entry, index) => {
    const facts: JsonObject = typeof entry === 'string' ? originFacts(entry, totalParameters) : isObject(entry) ? entry : {};
    for (const key of ['name', 'author', 'version', 'organization', 'description', 'url', 'doi', 'uuid', 'repo_url']) {
      const value = facts[key];
      if (value !== undefined && value !== null) metadata.string(`general.${kind}.${index}.${key}`, String(value));
    }
  });
}

function originFacts(id: string, totalParameters: number): JsonObject {
  const isAddress = /^(https?|ssh):\/\//.test(id);
  const onHub = /^https?:\/\/huggingface\.co\/([^/]+\/[^/]+)$/.exec(id);
  if (isAddress && !onHub) return { repo_url: id };
  const { fullName, organization, version } = modelIdParts(onHub?.[1] ?? id, totalParameters);
  const facts: JsonObject = { version };
  if (fullName !== undefined) facts['name'] = idToTitle(fullName);
  if (organization !== undefined) facts['organization'] = idToTitle(organization);
  if (isAddress) facts['repo_url'] = id;
  else if (organization !== undefined && fullName !== undefined) facts['repo_url'] = `https://huggingface.co/${organization}/${fullName}`;
  return facts;
}

/** A field of the card as a list, under the first name that is there; undefined when none is. */
function list(card: JsonObject, names: string[]): unknown[] | undefined {
  const name = names.find((known) => known in card);
  if (name === undefined) return undefined;
  const value = card[name];
  return Array.isArray(value) ? value : typeof value === 'string' ? [value] : [];
}

function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((item) => item !== null && item !== undefined).map(String) : [];
}
