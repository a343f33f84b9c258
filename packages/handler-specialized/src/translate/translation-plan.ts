import type { GenerateRequest } from '@llmi/core';
import type { GenerationConfig, TextTokenizer } from '@llmi/runtime-transformers';
import type { SpecializedTask } from '../find-tasks.js';
import { invalid } from '../invalid-input.js';
import { findLanguage, type ModelLanguage } from './languages.js';

/** What is known of a model that can translate. */
export interface TranslationModel {
  family: string;
  tokenizer: TextTokenizer;
  languages: readonly ModelLanguage[];
  /** What a model of one pair was made for, as its tokenizer_config.json says it. */
  pair: { source?: string; target?: string };
  config: Record<string, unknown>;
}

/** How a text goes into the model, and how the answer begins. */
export interface TranslationPlan {
  ids: number[];
  /** Tokens at the end of `ids` that stay when it is cut. */
  keptAtEnd: number;
  start?: number[];
  changes: Partial<GenerationConfig>;
}

/**
 * Puts a text into the form of the model's family.
 * Source: the tokenizers of transformers 4.57: NLLB and M2M `[source] text </s>` with a forced first token, mBART-50 the same, mBART
 * `text </s> [source]` with the target as its start, Marian `>>target<< text </s>`.
 * @throws {LlmiError} INPUT_INVALID for a language that is missing or that the model does not have
 */
export function translationPlan(model: TranslationModel, request: GenerateRequest, task: SpecializedTask, prefix: string): TranslationPlan {
  const { tokenizer, languages } = model;
  const { before, after } = tokenizer.frame;
  const prompt = request.prompt!;
  const content = (text: string) => tokenizer.content(text).map(({ id }) => id);
  const plain = (text: string): TranslationPlan => ({ ids: [...before.ids, ...content(text), ...after.ids], keptAtEnd: after.ids.length, changes: {} });
  const begun = (start: string) => (prompt.startsWith(start) ? prompt : start + prompt);
  if (languages.length === 0) {
    const told = prefix || instruction(model, request, task);
    if (told === '') requirePair(model, request);
    return plain(begun(told));
  }

  const [source, target] = [language(languages, request.sourceLanguage, 'source_language'), language(languages, request.language, 'language')];
  if (target?.token.startsWith('>>')) return plain(`${target.token} ${prompt}`);
  if (languages[0]!.token.startsWith('>>')) return plain(begun(prefix));
  const eos = tokenizer.special.eos ?? after.ids.at(-1);
  const end = eos === undefined ? [] : [eos];
  const changes = target ? { forcedBosTokenId: target.id } : {};
  if (!target && !hasOwnTarget(model)) throw invalid('language', 'This model must be told which language to translate into.', `Give "language", one of: ${someOf(languages)}.`);
  if (!source) return { ...plain(begun(prefix)), changes, ...startOf(model, target) };
  if (model.family === 'mbart' && model.config.tokenizer_class !== 'MBart50Tokenizer' && !before.ids.length) {
    return { ids: [...content(prompt), ...end, source.id], keptAtEnd: 2, changes, ...startOf(model, target) };
  }
  return { ids: [source.id, ...content(prompt), ...end], keptAtEnd: end.length, changes, ...startOf(model, target) };
}

/** mBART's decoder begins with the target language itself. */
function startOf({ family, tokenizer }: TranslationModel, target: ModelLanguage | undefined): { start?: number[] } {
  return family === 'mbart' && target && tokenizer.frame.before.ids.length === 0 ? { start: [target.id] } : {};
}

/** What T5 was taught to begin with. */
function instruction({ family }: TranslationModel, { language: target, sourceLanguage }: GenerateRequest, task: SpecializedTask): string {
  if (task !== 'translation' || target === undefined || family !== 't5') return '';
  return `translate ${nameOf(sourceLanguage ?? 'en')} to ${nameOf(target)}: `;
}

/** @throws {LlmiError} INPUT_INVALID for another language than the model was made for: it would be ignored */
function requirePair({ pair }: TranslationModel, { language: target, sourceLanguage }: GenerateRequest): void {
  for (const [asked, own, param] of [[sourceLanguage, pair.source, 'source_language'], [target, pair.target, 'language']] as const) {
    if (asked === undefined || (own !== undefined && findLanguage([{ code: own, token: own, id: 0 }], asked))) continue;
    throw invalid(param, `This model cannot be told to use "${asked}".`, own === undefined ? 'It knows one way to rewrite a text: leave the language out.' : `It was made for "${own}".`);
  }
}

const englishNames = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'code' });

function nameOf(asked: string): string {
  return /^[a-z]{2,3}$/.test(asked) ? (englishNames.of(asked) ?? asked) : asked;
}

function hasOwnTarget({ config, family }: TranslationModel): boolean {
  return config.forced_bos_token_id !== undefined && config.forced_bos_token_id !== null ? true : family === 'mbart' && config.decoder_start_token_id !== undefined;
}

function language(languages: readonly ModelLanguage[], asked: string | undefined, param: string): ModelLanguage | undefined {
  if (asked === undefined) return undefined;
  const found = findLanguage(languages, asked);
  if (found) return found;
  throw invalid(param, `This model does not know the language "${asked}".`, `Use one of: ${someOf(languages)}.`);
}

const shownLanguages = 40;

function someOf(languages: readonly ModelLanguage[]): string {
  const codes = languages.map(({ code }) => code);
  return codes.length <= shownLanguages ? codes.join(', ') : `${codes.slice(0, shownLanguages).join(', ')} and ${codes.length - shownLanguages} more`;
}
