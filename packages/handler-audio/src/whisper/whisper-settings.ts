import { jsonFile, LlmiError, type ModelInfo } from '@llmi/core';
import { numberOf } from '../model-files.js';
import { languageCode } from './languages.js';
import type { WhisperTokenizer } from './whisper-tokenizer.js';

/** What the files of a Whisper model say of how it is used. */
export interface WhisperSettings {
  /** Of the sound that one run of the encoder sees. */
  mels: number;
  sampleRate: number;
  hopLength: number;
  fftSize: number;
  chunkSamples: number;
  chunkFrames: number;
  /** Frames of the spectrogram for one position of the encoder. */
  inputStride: number;
  /** Seconds between two timestamp tokens. */
  timePrecision: number;
  decoderHeads: number;
  headSize: number;
  vocabularySize: number;
  medianFilterWidth: number;

  startToken: number;
  endToken: number;
  /** Undefined for models that were trained without timestamps. */
  noTimestampsToken: number | undefined;
  /** The first of the timestamp tokens; beyond the vocabulary where there are none. */
  firstTimestamp: number;
  previousTextToken: number | undefined;
  noSpeechToken: number | undefined;
  isMultilingual: boolean;
  /** Token ids by code; none for English-only models. */
  languages: ReadonlyMap<string, number>;
  tasks: { transcribe: number | undefined; translate: number | undefined };
  suppressed: readonly number[];
  suppressedAtBegin: readonly number[];
  maxInitialTimestamp: number | undefined;
  /** Positions of the decoder, and the longest sequence that is made, the prompt included. */
  maxPositions: number;
  maxLength: number;
  /** Heads of the cross-attention that follow the sound: [layer, head]. */
  alignmentHeads: readonly (readonly [number, number])[];
}

/** The English-only vocabulary, without the tokens for languages. */
const englishVocabulary = 51_864;

/** @throws {LlmiError} MODEL_FILE_CORRUPT */
export function readWhisperSettings(model: ModelInfo, tokenizer: WhisperTokenizer): WhisperSettings {
  const config = jsonFile(model, 'config.json') ?? {};
  const extractor = jsonFile(model, 'preprocessor_config.json') ?? {};
  // Without a file of its own, transformers takes what is said of generating from the configuration of the model.
  const generation = jsonFile(model, 'generation_config.json') ?? config;
  const token = (field: string, name: string) => idOf(generation[field]) ?? idOf(config[field]) ?? tokenizer.special.get(name);
  const sampleRate = numberOf(extractor, 'sampling_rate', 16_000);
  const hopLength = numberOf(extractor, 'hop_length', 160);
  const chunkSamples = numberOf(extractor, 'chunk_length', 30) * sampleRate;
  const positions = numberOf(config, 'max_source_positions', 1500);
  const heads = numberOf(config, 'decoder_attention_heads', 8);
  const noTimestampsToken = token('no_timestamps_token_id', '<|notimestamps|>');
  const vocabularySize = numberOf(config, 'vocab_size', 51_865);
  const maxPositions = numberOf(config, 'max_target_positions', 448);
  return {
    mels: numberOf(config, 'num_mel_bins', numberOf(extractor, 'feature_size', 80)),
    sampleRate,
    hopLength,
    fftSize: numberOf(extractor, 'n_fft', 400),
    chunkSamples,
    chunkFrames: Math.floor(chunkSamples / hopLength),
    inputStride: Math.round(chunkSamples / hopLength / positions),
    timePrecision: chunkSamples / sampleRate / positions,
    decoderHeads: heads,
    headSize: numberOf(config, 'd_model', 512) / heads,
    vocabularySize,
    medianFilterWidth: numberOf(config, 'median_filter_width', 7),
    startToken: required(token('decoder_start_token_id', '<|startoftranscript|>'), '<|startoftranscript|>'),
    endToken: required(token('eos_token_id', '<|endoftext|>'), '<|endoftext|>'),
    noTimestampsToken,
    firstTimestamp: noTimestampsToken === undefined ? vocabularySize + 1 : noTimestampsToken + 1,
    previousTextToken: token('prev_sot_token_id', '<|startofprev|>'),
    noSpeechToken: noTimestampsToken === undefined ? undefined : noTimestampsToken - 1,
    isMultilingual: typeof generation.is_multilingual === 'boolean' ? generation.is_multilingual : vocabularySize > englishVocabulary || tokenizer.special.has('<|de|>'),
    languages: readLanguages(generation, tokenizer),
    tasks: readTasks(generation, tokenizer),
    suppressed: idsOf(generation.suppress_tokens),
    suppressedAtBegin: idsOf(generation.begin_suppress_tokens),
    maxInitialTimestamp: idOf(generation.max_initial_timestamp_index),
    maxPositions,
    maxLength: Math.min(maxPositions, numberOf(generation, 'max_length', maxPositions)),
    alignmentHeads: Array.isArray(generation.alignment_heads) ? (generation.alignment_heads as [number, number][]) : [],
  };
}

/** A token id; of a list the first, as of `eos_token_id`. */
function idOf(value: unknown): number | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'number' ? first : undefined;
}

function idsOf(value: unknown): number[] {
  return Array.isArray(value) ? value.filter((id): id is number => typeof id === 'number' && id >= 0) : [];
}

function readLanguages(generation: Record<string, unknown>, { special }: WhisperTokenizer): Map<string, number> {
  const given = generation.lang_to_id as Record<string, number> | undefined;
  const entries = given ? Object.entries(given) : [...special].filter(([name]) => /^<\|[a-z]{2,3}\|>$/.test(name));
  return new Map(entries.map(([name, id]) => [name.replace(/[<|>]/g, ''), id]));
}

function readTasks(generation: Record<string, unknown>, { special }: WhisperTokenizer): WhisperSettings['tasks'] {
  const given = (generation.task_to_id ?? {}) as Record<string, number | undefined>;
  return { transcribe: given.transcribe ?? special.get('<|transcribe|>'), translate: given.translate ?? special.get('<|translate|>') };
}

function required(id: number | undefined, name: string): number {
  if (id !== undefined) return id;
  throw new LlmiError('MODEL_FILE_CORRUPT', { message: `The files of this model do not say which token is ${name}.`, hint: 'Install the model again with its generation_config.json and tokenizer.json.' });
}

/**
 * The token of a language.
 * @throws {LlmiError} INPUT_UNSUPPORTED when the model does not know it
 */
export function languageToken(settings: WhisperSettings, language: string): { code: string; token: number } {
  const code = languageCode(language);
  const token = settings.languages.get(code);
  if (token !== undefined) return { code, token };
  throw new LlmiError('INPUT_UNSUPPORTED', {
    message: `This model does not know the language "${language}".`,
    hint: `Use one of: ${[...settings.languages.keys()].join(', ')}.`,
    param: 'language',
  });
}
