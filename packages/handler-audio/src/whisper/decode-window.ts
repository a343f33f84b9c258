import { deflateSync } from 'node:zlib';
import type { OnnxTensor } from '@llmi/runtime-onnx';
import { likeliest, logProbability, sampleToken } from '../seq2seq/choose-token.js';
import type { DecoderGraph, StepOutput } from '../seq2seq/decoder-graph.js';
import { AttentionRows, pickHeads } from './attention-rows.js';
import { applyTokenRules } from './token-rules.js';
import type { WhisperSettings } from './whisper-settings.js';

/** How one window of sound is written down. */
export interface DecodeOptions {
  timestamps: boolean;
  /** Tokens to make at most; Infinity for as many as the model has positions. */
  maxTokens: number;
  /** Tried one after the other, as long as the text is worse than the limits allow. 0 is greedy. */
  temperatures: readonly number[];
  limits: QualityLimits | undefined;
  /** Keeps what the decoder looked at, for the times of words. */
  attentions: boolean;
  random: () => number;
  signal?: AbortSignal;
}

/** When a text is thrown away. Source: Radford et al. 2022, section 4.5, with the thresholds of transformers' documentation */
export interface QualityLimits {
  /** Of the token ids, as zlib compresses them: text that repeats itself compresses well. */
  compressionRatio: number;
  /** Mean over the tokens. */
  logProbability: number;
  /** Above it, and with an unlikely text, there was no speech. */
  noSpeech: number;
}

/** What was heard in one window. */
export interface DecodedWindow {
  tokens: number[];
  attentions: AttentionRows | undefined;
  isSilence: boolean;
}

/** Writes down one window, its tokens given out as they come when there is only one try. `prompt`: the tokens before, up to and with the task. */
export async function* decodeWindow(decoder: DecoderGraph, encoderStates: OnnxTensor, prompt: readonly number[], settings: WhisperSettings, options: DecodeOptions): AsyncGenerator<number, DecodedWindow> {
  const { temperatures, limits } = options;
  for (const [attempt, temperature] of temperatures.entries()) {
    const isLast = attempt === temperatures.length - 1;
    const tries = decodeOnce(decoder, encoderStates, prompt, settings, temperature, options);
    let step = await tries.next();
    for (; !step.done; step = await tries.next()) if (temperatures.length === 1) yield step.value;
    const heard = step.value;
    const unlikely = limits !== undefined && heard.meanLogProbability < limits.logProbability;
    const isSilence = unlikely && heard.noSpeech > limits.noSpeech;
    const repeats = limits !== undefined && compressionRatio(heard.ids, settings.vocabularySize) > limits.compressionRatio;
    if (isLast || isSilence || !(unlikely || repeats)) return { tokens: heard.tokens, attentions: heard.attentions, isSilence };
  }
  throw new RangeError('There must be a temperature.');
}

interface Attempt {
  tokens: number[];
  /** The same with the token at the end. */
  ids: number[];
  meanLogProbability: number;
  noSpeech: number;
  attentions: AttentionRows | undefined;
}

async function* decodeOnce(decoder: DecoderGraph, encoderStates: OnnxTensor, prompt: readonly number[], settings: WhisperSettings, temperature: number, options: DecodeOptions): AsyncGenerator<number, Attempt> {
  const { attentions: wantsAttentions, signal, limits, random } = options;
  const sequence = decoder.start(encoderStates);
  const rows = wantsAttentions ? new AttentionRows(pickHeads(settings, decoder)) : undefined;
  let output = await sequence.step(prompt, { signal });
  const noSpeech = limits === undefined ? 0 : noSpeechProbability(output, prompt, settings);
  const room = Math.min(options.maxTokens, (Number.isFinite(options.maxTokens) ? settings.maxPositions : settings.maxLength) - prompt.length);
  const ids: number[] = [];
  let sum = 0;
  while (ids.length < room) {
    const logits = lastRow(output);
    applyTokenRules(logits, ids, { settings, timestamps: options.timestamps });
    const token = temperature > 0 ? sampleToken(logits, temperature, random) : likeliest(logits);
    if (limits) sum += logProbability(logits, token);
    ids.push(token);
    if (token === settings.endToken) break;
    yield token;
    if (ids.length === room) break;
    output = await sequence.step([token], { attentions: wantsAttentions, signal });
    rows?.add(output.crossAttentions);
  }
  const tokens = ids.at(-1) === settings.endToken ? ids.slice(0, -1) : ids;
  return { tokens, ids, meanLogProbability: sum / Math.max(1, ids.length), noSpeech, attentions: rows };
}

function lastRow({ logits, rows }: StepOutput): Float32Array {
  return logits.subarray((logits.length / rows) * (rows - 1));
}

/** At the start token, before language and task. */
function noSpeechProbability({ logits, rows }: StepOutput, prompt: readonly number[], { startToken, noSpeechToken }: WhisperSettings): number {
  if (noSpeechToken === undefined || rows !== prompt.length) return 0;
  const size = logits.length / rows;
  const row = prompt.lastIndexOf(startToken);
  return Math.exp(logProbability(logits.subarray(row * size, (row + 1) * size), noSpeechToken));
}

/** Bytes of the token ids through bytes of them compressed. Source: `_retrieve_compression_ratio` of transformers 4.57 */
function compressionRatio(ids: readonly number[], vocabularySize: number): number {
  const width = Math.floor(Math.log2(vocabularySize) / 8) + 1; // bytes for one id
  const bytes = Buffer.alloc(ids.length * width);
  ids.forEach((id, index) => bytes.writeUIntLE(id, index * width, width));
  return bytes.length / deflateSync(bytes).length;
}
