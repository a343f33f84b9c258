import type { ResultOf } from '@llmi/core';

/** What is asked of a model that writes down speech. */
export interface TranscribeOptions {
  /** Code or name; found out unless said. */
  language?: string;
  /** Into English. */
  translate?: boolean;
  /** `segment`, or `word` where the model can tell. */
  timestamps?: 'none' | 'segment' | 'word';
  /** Text that comes before, as the model sees it: names and spellings to expect. */
  prompt?: string;
  temperature?: number;
  seed?: number;
  /** Tokens for each window at most. */
  maxTokens?: number;
  /** Tries text again that repeats itself or is unlikely, and leaves out silence. */
  robust?: boolean | RobustOptions;
}

/** When a text is thrown away, and at which temperatures it is tried again. What is left out is as usual. */
export interface RobustOptions {
  temperatures?: readonly number[];
  /** Bytes of the token ids through bytes of them compressed; 1.35. */
  compressionRatio?: number;
  /** Least mean of the logarithms of the tokens' probabilities; -1. */
  logProbability?: number;
  /** Probability of no speech, above which unlikely text is left out; 0.6. */
  noSpeech?: number;
}

export type Transcription = ResultOf<'transcription'>;
export type TranscriptionSegment = Transcription['segments'][number];
