import { doneEvent, LlmiError, type GenerateEvent } from '@llmi/core';
import type { OnnxTensor } from '@llmi/runtime-onnx';
import { freshSeed, seededRandom } from '../seeded-random.js';
import type { SoundInput } from '../sound-model.js';
import type { TranscribeOptions, TranscriptionSegment } from '../transcription.js';
import { decodeWindow, type DecodedWindow, type DecodeOptions } from './decode-window.js';
import { languageCode } from './languages.js';
import { openFeatures, type SoundFeatures } from './sound-features.js';
import { splitSegments } from './split-segments.js';
import { tokenTimes } from './token-times.js';
import type { WhisperModel } from './whisper-model.js';
import { languageToken, type WhisperSettings } from './whisper-settings.js';
import type { WhisperTokenizer } from './whisper-tokenizer.js';
import { wordsOf, type Word } from './words.js';

const robustTemperatures = [0.2, 0.4, 0.6, 0.8, 1]; // after the first try
/** Source: the long-form example of transformers' WhisperForConditionalGeneration.generate */
const robustLimits = { compressionRatio: 1.35, logProbability: -1, noSpeech: 0.6 };

/**
 * Writes down a sound of any length as `generate` of transformers 4.57 does: 1 read it, 2 find the language, 3 window by window encode,
 * decode and cut at the timestamps, where the next window begins.
 */
export async function* transcribeWhisper(model: WhisperModel, { input, param, signal }: SoundInput & { signal?: AbortSignal }, options: TranscribeOptions): AsyncGenerator<GenerateEvent> {
  const started = performance.now();
  checkLanguage(model, options);
  const features = await openFeatures(input, model.settings, { param, signal });
  try {
    yield* transcribeFeatures(model, features, options, started, signal);
  } finally {
    await features.close();
  }
}

/** What was heard so far. */
interface Transcript {
  text: ReturnType<WhisperTokenizer['stream']>;
  parts: string[];
  segments: TranscriptionSegment[];
  lastWordEnd: number;
}

async function* transcribeFeatures(model: WhisperModel, features: SoundFeatures, options: TranscribeOptions, started: number, signal?: AbortSignal): AsyncGenerator<GenerateEvent> {
  const { settings, tokenizer } = model;
  const timing = { read: performance.now() - started, encode: 0, decode: 0 };
  const timestamps = settings.noTimestampsToken !== undefined && (!features.isShort || (options.timestamps ?? 'none') !== 'none');
  const decoding = decodeOptions(model, options, timestamps, signal);
  const transcript: Transcript = { text: tokenizer.stream(), parts: [], segments: [], lastWordEnd: 0 };
  let language: string | undefined;
  for (let seek = 0; seek < features.frames; ) {
    signal?.throwIfAborted();
    const encoding = performance.now();
    const states = await model.encode(await features.window(seek), signal);
    const decodingStart = performance.now();
    language ??= await findLanguage(model, states, options.language, signal);
    const prompt = promptTokens(model, language, options, timestamps);
    const heard = yield* decodeAloud(decodeWindow(model.decoder, states, prompt, settings, decoding), transcript, settings.firstTimestamp);
    seek += yield* addWindow(model, features, { ...heard, seek, language }, transcript);
    timing.encode += decodingStart - encoding;
    timing.decode += performance.now() - decodingStart;
    if (!features.isShort) yield { type: 'progress', stage: 'transcribe', step: Math.min(seek, features.frames), steps: features.frames };
  }
  yield* say(transcript, transcript.text.finish());
  signal?.throwIfAborted();
  yield doneEvent({ type: 'transcription', text: transcript.parts.join(''), segments: transcript.segments, ...(language === undefined ? {} : { language }), duration: features.seconds }, timing);
}

function* say(transcript: Transcript, token: string): Generator<GenerateEvent> {
  if (token === '') return;
  transcript.parts.push(token);
  yield { type: 'text', token };
}

/**
 * Gives out the tokens of a window as they come, up to the first timestamp: from there on, some may be cut off and heard again in the
 * next window.
 */
async function* decodeAloud(tokens: AsyncGenerator<number, DecodedWindow>, transcript: Transcript, firstTimestamp: number): AsyncGenerator<GenerateEvent, { window: DecodedWindow; said: number }> {
  let said = 0;
  let isSafe = true;
  for (;;) {
    const { value, done } = await tokens.next();
    if (done) return { window: value, said };
    isSafe &&= value < firstTimestamp;
    if (!isSafe) continue;
    said++;
    yield* say(transcript, transcript.text.push([value]));
  }
}

interface HeardWindow {
  window: DecodedWindow;
  /** Tokens that were given out. */
  said: number;
  /** Frame that it begins at. */
  seek: number;
  language: string;
}

/** Adds the segments of a window, and gives back how many frames are done with. */
function* addWindow({ settings, tokenizer }: WhisperModel, features: SoundFeatures, { window, said, seek, language }: HeardWindow, transcript: Transcript): Generator<GenerateEvent, number> {
  const frames = Math.min(features.frames - seek, settings.chunkFrames);
  if (window.isSilence) return frames;
  const { segments, usedFrames } = splitSegments(window.tokens, frames, settings);
  const offset = (seek * settings.timePrecision) / settings.inputStride;
  const times = window.attentions ? timesOf(window, settings, features.soundFrames - seek, offset) : undefined;
  yield* say(transcript, transcript.text.push(window.tokens.slice(said, segments.at(-1)!.to)));
  for (const { start, end, from, to } of segments) {
    const words = times ? { words: wordsBetween(window.tokens, times, { from, to, before: transcript.lastWordEnd }, settings, tokenizer, language) } : {};
    if (times) transcript.lastWordEnd = times[to - 1] ?? transcript.lastWordEnd;
    const text = tokenizer.decode(window.tokens.slice(from, to));
    if (text === '') continue; // silence
    const hasTimestamps = window.tokens[from]! >= settings.firstTimestamp;
    const last = offset + end;
    transcript.segments.push({ start: round(offset + start), end: round(hasTimestamps ? last : Math.min(last, features.seconds)), text, ...words });
  }
  return usedFrames;
}

/** @throws {LlmiError} INPUT_UNSUPPORTED for what an English-only model cannot do, or a language that the model does not know */
function checkLanguage({ settings }: WhisperModel, { language, translate }: TranscribeOptions): void {
  if (settings.isMultilingual) {
    if (language !== undefined) languageToken(settings, language);
    if (translate && settings.tasks.translate === undefined) throw onlyEnglish('This model does not translate.', 'translate');
    return;
  }
  if (translate) throw onlyEnglish('This model knows English alone, and has nothing to translate from.', 'translate');
  if (language !== undefined && languageCode(language) !== 'en') throw onlyEnglish(`This model knows English alone, not "${language}".`, 'language');
}

function onlyEnglish(message: string, param: string): LlmiError {
  return new LlmiError('INPUT_UNSUPPORTED', { message, hint: 'Leave it out, or use a multilingual model: those whose names do not end in ".en".', param });
}

async function findLanguage(model: WhisperModel, states: OnnxTensor, asked: string | undefined, signal?: AbortSignal): Promise<string> {
  const { settings } = model;
  if (!settings.isMultilingual || settings.languages.size === 0) return 'en';
  return asked === undefined ? model.detectLanguage(states, signal) : languageToken(settings, asked).code;
}

const round = (seconds: number) => Math.round(seconds * 100) / 100;

function decodeOptions({ decoder }: WhisperModel, { temperature, robust, maxTokens, seed, timestamps: asked }: TranscribeOptions, timestamps: boolean, signal?: AbortSignal): DecodeOptions {
  if (asked === 'word' && !decoder.hasCrossAttentions) {
    throw new LlmiError('INPUT_UNSUPPORTED', {
      message: 'These files of the model do not give out what times of words are told by.',
      hint: 'Ask for "segment", or install a repository with cross attentions: their names end in "_timestamped".',
      param: 'timestamps',
    });
  }
  const first = temperature ?? 0;
  const own = typeof robust === 'object' ? robust.temperatures : undefined;
  return {
    timestamps,
    maxTokens: maxTokens ?? Infinity,
    temperatures: !robust ? [first] : own?.length ? own : [first, ...robustTemperatures.filter((value) => value > first)],
    limits: robust ? { ...robustLimits, ...(robust === true ? {} : robust) } : undefined,
    attentions: asked === 'word',
    random: seededRandom(seed ?? freshSeed()),
    signal,
  };
}

/** What comes before the text: the prompt of the user, start, language, task, and that there are no timestamps. */
function promptTokens({ settings, tokenizer }: WhisperModel, language: string, { prompt, translate }: TranscribeOptions, timestamps: boolean): number[] {
  const { isMultilingual, languages, tasks, noTimestampsToken, previousTextToken, startToken, maxPositions } = settings;
  const given = prompt?.trim();
  const before = given && previousTextToken !== undefined ? [previousTextToken, ...tokenizer.encode(` ${given}`).slice(-(Math.floor(maxPositions / 2) - 1))] : [];
  const task = translate ? tasks.translate : tasks.transcribe;
  return [...before, startToken, ...(isMultilingual ? [languages.get(language), task] : []), ...(timestamps ? [] : [noTimestampsToken])].filter((token) => token !== undefined);
}

/** When each token of the window ends, in seconds of the sound. */
function timesOf({ tokens, attentions }: DecodedWindow, { inputStride, medianFilterWidth: filterWidth, timePrecision }: WhisperSettings, soundFrames: number, offset: number): number[] {
  const frames = Math.max(1, Math.floor(soundFrames / inputStride));
  return tokenTimes(attentions!, { tokens: tokens.length, frames, filterWidth, timePrecision }).map((time) => time + offset);
}

/** The words of some tokens of a window. `before`: where the last word of the window before it ended. */
function wordsBetween(tokens: readonly number[], times: readonly number[], { from, to, before }: Record<'from' | 'to' | 'before', number>, { endToken }: WhisperSettings, tokenizer: WhisperTokenizer, language: string): Word[] {
  const timed = tokens.slice(from, to).map((token, index) => ({ token, start: times[from + index - 1] ?? before, end: times[from + index]! }));
  const words = wordsOf(timed.filter(({ token }) => token < endToken), tokenizer, language);
  return words.map(({ word, start, end }) => ({ word, start: round(start), end: round(end) }));
}
