/** A stretch of speech. */
export interface SpeechSpan {
  /** Seconds */
  start: number;
  end: number;
  /** Mean probability of its steps. */
  score: number;
}

export interface SpanOptions {
  /** Probability at which speech begins; it ends 0.15 below. Default 0.5. */
  threshold?: number;
  windowSamples: number;
  sampleRate: number;
}

/** Seconds: shorter speech is noise, shorter silence a breath, and this much before and after belongs to the speech. */
const [leastSpeech, leastSilence, padding] = [0.25, 0.1, 0.03];
const hysteresis = 0.15;

/** Steps of voice activity to stretches of speech. Source: `get_speech_timestamps` of Silero VAD 6, with its defaults */
export class SpeechSpans {
  readonly #spans: SpeechSpan[] = [];
  readonly #stepSeconds: number;
  readonly #threshold: number;
  #steps = 0;
  #start: number | undefined;
  #silentSince: number | undefined;
  #scores: number[] = [];

  constructor({ threshold = 0.5, windowSamples, sampleRate }: SpanOptions) {
    this.#threshold = threshold;
    this.#stepSeconds = windowSamples / sampleRate;
  }

  /** The probability of the next step. */
  add(probability: number): void {
    const now = this.#steps++ * this.#stepSeconds;
    if (probability >= this.#threshold) {
      this.#silentSince = undefined;
      this.#start ??= now;
    }
    if (this.#start === undefined) return;
    this.#scores.push(probability);
    if (probability >= Math.max(this.#threshold - hysteresis, 0.01)) return;
    this.#silentSince ??= now;
    if (now - this.#silentSince >= leastSilence) this.#close(this.#silentSince);
  }

  /** All stretches, once the sound of this many seconds is over. */
  finish(duration: number): SpeechSpan[] {
    if (this.#start !== undefined) this.#close(duration);
    return this.#spans.map(({ start, end, score }, index) => {
      const [before, after] = [this.#spans[index - 1], this.#spans[index + 1]];
      const from = Math.max(start - padding, before ? (before.end + start) / 2 : 0);
      const to = Math.min(end + padding, after ? (end + after.start) / 2 : duration);
      return { start: round(from), end: round(to), score: round(score) };
    });
  }

  #close(end: number): void {
    const start = this.#start!;
    if (end - start > leastSpeech) this.#spans.push({ start, end, score: this.#scores.reduce((sum, score) => sum + score, 0) / this.#scores.length });
    this.#start = this.#silentSince = undefined;
    this.#scores = [];
  }
}

const round = (value: number) => Math.round(value * 1000) / 1000;
