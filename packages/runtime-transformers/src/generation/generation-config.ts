/** How a model generates unless told otherwise: generation_config.json, or config.json where there is none. Names as in transformers. */
export interface GenerationConfig {
  bosTokenId?: number;
  eosTokenIds: number[];
  padTokenId?: number;
  decoderStartTokenId?: number;
  forcedBosTokenId?: number;
  forcedEosTokenIds: number[];
  maxLength?: number;
  maxNewTokens?: number;
  minLength: number;
  minNewTokens: number;
  numBeams: number;
  lengthPenalty: number;
  earlyStopping: boolean | 'never';
  noRepeatNgramSize: number;
  encoderNoRepeatNgramSize: number;
  repetitionPenalty: number;
  badWords: number[][];
  suppressTokens: number[];
  beginSuppressTokens: number[];
  doSample: boolean;
  temperature?: number;
  topK?: number;
  topP?: number;
  minP?: number;
}

type Json = Record<string, unknown> | undefined;

/**
 * `generation` before `config`; of a model of two towers, the decoder's configuration after its own. `overrides` (as of
 * task_specific_params) come first.
 */
export function readGenerationConfig(generation: Json, config: Json, overrides?: Json): GenerationConfig {
  const decoder = config?.decoder as Json;
  const text = config?.text_config as Json;
  const sources = [overrides, ...(generation ? [generation] : [config, decoder, text])];
  // Token ids are often in config.json alone.
  const idSources = [overrides, generation, config, decoder, text];
  const find = (name: string, from = sources) => from.map((source) => source?.[name]).find((value) => value !== undefined && value !== null);
  const number = (name: string, from?: Json[]) => optionalNumber(find(name, from));
  const ids = (name: string, from?: Json[]) => [find(name, from) ?? []].flat().filter((id): id is number => typeof id === 'number');
  const early = find('early_stopping');
  return {
    bosTokenId: number('bos_token_id', idSources),
    eosTokenIds: ids('eos_token_id', idSources),
    padTokenId: number('pad_token_id', idSources),
    decoderStartTokenId: number('decoder_start_token_id', idSources),
    forcedBosTokenId: number('forced_bos_token_id'),
    forcedEosTokenIds: ids('forced_eos_token_id'),
    maxLength: number('max_length'),
    maxNewTokens: number('max_new_tokens'),
    minLength: number('min_length') ?? 0,
    minNewTokens: number('min_new_tokens') ?? 0,
    numBeams: number('num_beams') ?? 1,
    lengthPenalty: number('length_penalty') ?? 1,
    earlyStopping: early === 'never' ? 'never' : early === true,
    noRepeatNgramSize: number('no_repeat_ngram_size') ?? 0,
    encoderNoRepeatNgramSize: number('encoder_no_repeat_ngram_size') ?? 0,
    repetitionPenalty: number('repetition_penalty') ?? 1,
    badWords: ((find('bad_words_ids') ?? []) as unknown[]).filter((word): word is number[] => Array.isArray(word)),
    suppressTokens: ids('suppress_tokens'),
    beginSuppressTokens: ids('begin_suppress_tokens'),
    doSample: find('do_sample') === true,
    temperature: number('temperature'),
    topK: number('top_k'),
    topP: number('top_p'),
    minP: number('min_p'),
  };
}

function optionalNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
