import type { GgufMetadata } from '../gguf/metadata.js';
import { isObject, type JsonObject, type ModelFolder } from '../model-folder.js';
import { chatTemplates, writeChatTemplates, type ChatTemplate } from './chat-template.js';
import { tokenText, type TokenizerFiles } from './tokenizer-files.js';

/** Roles of tokens with the keys their ids have in GGUF; the others have none there. */
const idKeys: Record<string, string> = {
  bos: 'bos_token_id', eos: 'eos_token_id', unk: 'unknown_token_id', sep: 'seperator_token_id', pad: 'padding_token_id', mask: 'mask_token_id', eot: 'eot_token_id', eom: 'eom_token_id',
};
const addKeys: Record<string, string> = { bos: 'add_bos_token', eos: 'add_eos_token', sep: 'add_sep_token' };

export interface SpecialTokenOptions {
  /** Write the merges too, and note when there are none. */
  loadMerges?: boolean;
  notes?: string[];
  /** Ids from here on are no tokens of the model. */
  vocabularySize?: number;
}

/**
 * Writes merges, the ids of tokens with a role, which of them the tokenizer adds by itself, the chat template and the normalizer's flags.
 *
 * Source: class SpecialVocab of llama.cpp's gguf-py/gguf/vocab.py
 */
export async function writeSpecialTokens(metadata: GgufMetadata, folder: ModelFolder, files: TokenizerFiles, options: SpecialTokenOptions = {}): Promise<void> {
  const special = new SpecialTokens(files, options.vocabularySize);
  await special.read(folder);
  if (options.loadMerges) {
    const merges = await mergesOf(folder, files);
    metadata.strings('tokenizer.ggml.merges', merges);
    if (merges.length === 0) options.notes?.push('The tokenizer has no merges: llama.cpp will not load the file.');
  }
  for (const [role, id] of special.ids) if (idKeys[role]) metadata.uint32(`tokenizer.ggml.${idKeys[role]}`, id);
  for (const [role, adds] of special.adds) if (addKeys[role]) metadata.bool(`tokenizer.ggml.${addKeys[role]}`, adds);
  writeChatTemplates(metadata, special.templates);
  const normalizer = normalizerFlags(files.json?.['normalizer']);
  if (normalizer.lowercase !== undefined) metadata.bool('tokenizer.ggml.normalizer.lowercase', normalizer.lowercase);
  if (normalizer.stripAccents !== undefined) metadata.bool('tokenizer.ggml.normalizer.strip_accents', normalizer.stripAccents);
}

class SpecialTokens {
  readonly ids = new Map<string, number>();
  readonly adds = new Map<string, boolean>();
  templates: ChatTemplate[] | undefined;
  readonly #roles = ['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask'];
  readonly #config: JsonObject;

  constructor(
    private readonly files: TokenizerFiles,
    private readonly vocabularySize = Infinity,
  ) {
    this.#config = { ...files.config };
  }

  async read(folder: ModelFolder): Promise<void> {
    if (this.files.json) this.#readPostProcessor(this.files.json['post_processor']);
    if (this.files.config) {
      this.templates = await chatTemplates(folder, this.#config);
      this.#readTokenizerConfig();
    }
    const config = (await folder.json('config.json')) ?? {};
    const text = isObject(config['text_config']) ? config['text_config'] : {};
    for (const role of this.#roles) this.#setId(role, config[`${role}_token_id`] ?? text[`${role}_token_id`]);
  }

  #setId(role: string, id: unknown): void {
    if (typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < this.vocabularySize && !this.ids.has(role)) this.ids.set(role, id);
  }

  #readTokenizerConfig(): void {
    const own = this.files.json?.['added_tokens'];
    const added = (Array.isArray(own) ? own : []).filter(isObject);
    for (const role of this.#roles) {
      const adds = this.#config[`add_${role}_token`];
      if (typeof adds === 'boolean' && !this.adds.has(role)) this.adds.set(role, adds);
      const content = tokenText(this.#config[`${role}_token`]);
      if (content !== undefined) this.#setId(role, added.find((token) => token['content'] === content)?.['id']);
    }
  }

  /** Which tokens the tokenizer puts around a text. A template that is not simple is taken as far as it can be. */
  #readPostProcessor(postProcessor: unknown): void {
    const config = this.#config;
    if (this.files.config) {
      if (!config['bos_token'] && config['cls_token']) config['bos_token'] = config['cls_token'];
      if (!config['eos_token'] && config['sep_token']) config['eos_token'] = config['sep_token'];
    }
    if (!isObject(postProcessor)) return;
    const processors: unknown = postProcessor['processors'] ?? [postProcessor];
    for (const processor of Array.isArray(processors) ? processors.filter(isObject) : []) {
      if (processor['type'] === 'ByteLevel') {
        for (const role of ['bos', 'eos']) if (!this.adds.has(role)) this.adds.set(role, false);
      } else if (processor['type'] === 'RobertaProcessing') {
        for (const role of ['bos', 'eos', 'sep']) this.adds.set(role, true);
        for (const role of ['cls', 'sep']) {
          const [token] = Array.isArray(processor[role]) ? (processor[role] as unknown[]) : [undefined];
          if (this.files.config && !config[`${role}_token`]) config[`${role}_token`] = token ?? config[role === 'cls' ? 'bos_token' : 'eos_token'];
        }
      } else if (processor['type'] === 'TemplateProcessing') {
        this.#readTemplate(processor);
      }
    }
  }

  #readTemplate(processor: JsonObject): void {
    const config = this.#config;
    const hasConfig = this.files.config !== undefined;
    const single = Array.isArray(processor['single']) ? processor['single'] : [];
    const first = single.length > 1 ? specialId(single[0]) : undefined;
    const last = single.length > 1 ? specialId(single.at(-1)) : undefined;
    let [bos, cls, eos] = ['bos_token', 'cls_token', 'eos_token'].map((key) => config[key] || undefined);
    const sep = config['sep_token'] || undefined;
    if (first !== undefined) {
      if (!hasConfig) bos = first;
      else if (first !== bos && first !== cls) {
        if (!bos) config['bos_token'] = bos = first;
        if (!cls) config['cls_token'] = cls = first;
      }
      this.adds.set('bos', first === bos || first === cls);
    }
    if (last !== undefined) {
      if (!hasConfig) eos = last;
      else if (last !== eos) {
        const role = ['eot', 'eom'].find((spare) => !this.#roles.includes(spare));
        if (role) {
          this.#roles.push(role);
          config[`${role}_token`] = eos;
        }
        config['eos_token'] = eos = last;
      }
      this.adds.set('eos', last === eos);
    }
    this.#readPair(processor['pair'], { first, last, sep, eos });
  }

  /** Whether something stands between the two texts of a pair. */
  #readPair(template: unknown, { first, last, sep, eos }: Record<'first' | 'last' | 'sep' | 'eos', unknown>): void {
    if (!Array.isArray(template) || template.length === 0) return;
    const start = first !== undefined && specialId(template[0]) === first ? 1 : 0;
    const end = last !== undefined && specialId(template.at(-1)) === last ? -1 : undefined;
    const inner = template.slice(start, end);
    const between = inner.slice(1, -1);
    if (sequenceId(inner[0]) !== 'A' || sequenceId(inner.at(-1)) !== 'B' || between.length === 0) return;
    const isSeparator = (entry: unknown) => specialId(entry) !== undefined && (specialId(entry) === sep || specialId(entry) === eos);
    const adds = (isSeparator(between[0]) && last === undefined) || (between.length === 2 && isSeparator(between[1]));
    this.adds.set('sep', adds);
    if (adds && !sep && this.files.config) this.#config['sep_token'] = eos;
  }
}

const partId = (entry: unknown, kind: string): string | undefined => {
  const part = isObject(entry) ? entry[kind] : undefined;
  return isObject(part) && typeof part['id'] === 'string' && part['id'] !== '' ? part['id'] : undefined;
};
const specialId = (entry: unknown) => partId(entry, 'SpecialToken');
const sequenceId = (entry: unknown) => partId(entry, 'Sequence');

/** Merges as "left right", of tokenizer.json or merges.txt; a space inside a part is written as the byte-level alphabet does. */
async function mergesOf(folder: ModelFolder, files: TokenizerFiles): Promise<string[]> {
  const model = files.json?.['model'];
  const merges = isObject(model) ? model['merges'] : undefined;
  if (Array.isArray(merges) && merges.length > 0) {
    if (typeof merges[0] === 'string') return merges as string[];
    return (merges as [string, string][]).map((pair) => pair.map((part) => part.replaceAll(' ', 'Ġ')).join(' '));
  }
  const lines = ((await folder.text('merges.txt')) ?? '').split(/\r?\n/);
  if (lines[0]?.trim().startsWith('#')) lines.shift();
  return lines.map((line) => line.trim().split(/\s+/)).filter((parts) => parts.length === 2).map((parts) => parts.join(' '));
}

function normalizerFlags(normalizer: unknown): { lowercase?: boolean; stripAccents?: boolean } {
  if (!isObject(normalizer)) return {};
  switch (normalizer['type']) {
    case 'Lowercase':
      return { lowercase: true };
    case 'StripAccents':
      return { stripAccents: true };
    case 'BertNormalizer': {
      const flag = (value: unknown) => (typeof value === 'boolean' ? value : undefined);
      return { lowercase: flag(normalizer['lowercase']), stripAccents: flag(normalizer['strip_accents']) };
    }
    case 'Sequence': {
      const parts = Array.isArray(normalizer['normalizers']) ? normalizer['normalizers'] : [];
      return parts.map(normalizerFlags).reduce((all, part) => ({ lowercase: part.lowercase ?? all.lowercase, stripAccents: part.stripAccents ?? all.stripAccents }), {});
    }
    default:
      return {};
  }
}
