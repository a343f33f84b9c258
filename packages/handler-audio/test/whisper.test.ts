import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectAs, type GenerateEvent } from '@llmi/core';
import { readModelFolder } from '@llmi/runtime-onnx';
import { folderLayout } from '../src/folder-layout.js';
import type { TranscribeOptions } from '../src/transcription.js';
import { transcribeWhisper } from '../src/whisper/transcribe-whisper.js';
import { WhisperModel } from '../src/whisper/whisper-model.js';
import type { Word } from '../src/whisper/words.js';
import { fixtureSound } from './fixture-sound.js';

interface ReferenceCase {
  seconds: number;
  options: { language?: string; task?: string; prompt?: string; max_new_tokens?: number };
  segments: { start: number; end: number; tokens: number[]; times?: number[] }[];
  text: string;
}
type Reference = Record<string, { cases: Record<string, ReferenceCase>; plain: { tokens: number[]; text: string }; detected: string[] }>;

const fixtures = join(import.meta.dirname, 'fixtures');
const references = JSON.parse(readFileSync(join(fixtures, 'whisper.json'), 'utf8')) as Reference;

/** From the first word to the last. */
const spanOf = (words: Word[]) => (words.length === 0 ? [] : [words[0]!.start, words.at(-1)!.end]);

/** A token ends at its time, and begins at that of the token before it. */
function referenceSpan(segments: ReferenceCase['segments'], index: number, endToken: number): number[] {
  const { tokens, times } = segments[index]!;
  const before = [segments[index - 1]?.times?.at(-1) ?? 0, ...times!];
  const [first, last] = [tokens.findIndex((token) => token < endToken), tokens.findLastIndex((token) => token < endToken)];
  return first < 0 ? [] : [before[first]!, times![last]!];
}

const load = async (name: string) => {
  const folder = join(fixtures, name);
  const info = await readModelFolder(folder, folderLayout);
  return WhisperModel.load(folder, info, WhisperModel.graphs(info), { threads: 1 });
};

for (const [name, { cases, plain, detected }] of Object.entries(references)) {
  describe(`${name}, against transformers`, () => {
    let model: WhisperModel;
    beforeAll(async () => void (model = await load(name)));
    afterAll(() => model[Symbol.asyncDispose]());
    const transcribe = (seconds: number, options: TranscribeOptions) => collectAs(transcribeWhisper(model, { input: fixtureSound(seconds) }, options), 'transcription');

    for (const [id, { seconds, options, segments, text }] of Object.entries(cases)) {
      it(id, async () => {
        const { language, task, prompt, max_new_tokens: maxTokens } = options;
        const asked: TranscribeOptions = { timestamps: /words/i.test(id) ? 'word' : 'segment', language, translate: task === 'translate', prompt, maxTokens, ...(id === 'robust' ? { robust: { temperatures: [0], noSpeech: 0.0001 } } : {}) };
        const heard = await transcribe(seconds, asked);
        // Where the model makes no text, there is no segment here.
        const spoken = segments.map(({ start, end, tokens }, index) => ({ start, end, text: model.tokenizer.decode(tokens), index })).filter((segment) => segment.text !== '');
        expect(heard.segments.map((segment) => [segment.start, segment.end, segment.text])).toEqual(spoken.map((segment) => [segment.start, segment.end, segment.text]));
        expect(heard.text).toBe(text);
        expect(heard.duration).toBe(seconds);
        for (const [index, segment] of segments[0]!.times ? heard.segments.entries() : []) {
          const wanted = referenceSpan(segments, spoken[index]!.index, model.settings.endToken);
          // Where two paths cost the same, rounding decides between one position of the encoder (20 ms) and the next.
          spanOf(segment.words as Word[]).forEach((time, end) => expect(Math.abs(time - wanted[end]!)).toBeLessThan(0.021));
          expect(wanted.length).toBe(spanOf(segment.words as Word[]).length);
        }
      });
    }

    it('without timestamps', async () => {
      const { text } = await transcribe(1.7, model.settings.isMultilingual ? { language: 'en' } : {});
      expect(text).toBe(plain.text);
    });

    it('finds the language', async () => {
      for (const [index, seconds] of [0.5, 1.3, 2].entries()) {
        if (detected.length === 0) return;
        const { language } = await transcribe(seconds, { maxTokens: 1 });
        expect(`<|${language}|>`).toBe(detected[index]);
      }
    });

    it('says the text as it comes, and stops when it is told to', async () => {
      const controller = new AbortController();
      const events: GenerateEvent[] = [];
      const running = (async () => {
        for await (const event of transcribeWhisper(model, { input: fixtureSound(60), signal: controller.signal }, {})) {
          events.push(event);
          if (events.filter(({ type }) => type === 'progress').length === 3) controller.abort(new Error('enough'));
        }
      })();
      await expect(running).rejects.toThrow('enough');
      expect(events.some(({ type }) => type === 'text')).toBe(true);
      expect(events.at(-1)).toMatchObject({ type: 'progress', stage: 'transcribe' });
    });
  });
}
