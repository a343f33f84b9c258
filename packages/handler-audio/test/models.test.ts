import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ResultOf } from '@llmi/core';
import { decodeMono, writeWav } from '@llmi/media/audio';
import { loadAudio } from '../src/index.js';
import { fixtureSound } from './fixture-sound.js';

const fixtures = join(import.meta.dirname, 'fixtures');
const reference = JSON.parse(readFileSync(join(fixtures, 'models.json'), 'utf8')) as {
  ctc: { seconds: number; text: string; words: [string, number, number][] }[];
  moonshine: { seconds: number; text: string }[];
  ast: { seconds: number; scores: number[] }[];
  clap: { seconds: number; labels: string[]; scores: number[] }[];
  speecht5: { text: string; samples: number; every: number; values: number[] }[];
};
const load = (name: string) => loadAudio(join(fixtures, name), { threads: 1 });
const audio = (seconds: number) => Buffer.from(fixtureSound(seconds)).toString('base64');

describe('other families, against transformers', () => {
  it('wav2vec2 with CTC: text and words, of a short sound and of one in chunks', async () => {
    await using handler = await load('wav2vec2-ctc');
    for (const { seconds, text, words } of reference.ctc) {
      const heard = (await handler.processAudio({ audio: audio(seconds), timestamps: 'word' })) as ResultOf<'transcription'>;
      expect(heard.text).toBe(text);
      const all = heard.segments.flatMap((segment) => segment.words as { word: string; start: number; end: number }[]);
      expect(all.map(({ word, start, end }) => [word, start, end])).toEqual(words);
      expect(heard.segments.every(({ start, end }) => end - start <= 9)).toBe(true);
    }
  });

  it('Moonshine: the text', async () => {
    await using handler = await load('moonshine');
    for (const { seconds, text } of reference.moonshine) expect((await handler.transcribe(fixtureSound(seconds))).text).toBe(text.trim());
  });

  it('Moonshine: a long sound in pieces', async () => {
    await using handler = await load('moonshine');
    const { segments, duration, text } = await handler.transcribe(fixtureSound(70));
    expect(segments.length).toBeGreaterThan(2);
    expect(duration).toBe(70);
    expect(text).toBe(segments.map((segment) => segment.text).join(' '));
  });

  it('take a sound of a single sample', async () => {
    const sound = writeWav([Float32Array.of(0.5)], { sampleRate: 16000 });
    for (const name of ['wav2vec2-ctc', 'moonshine']) {
      await using handler = await load(name);
      expect((await handler.transcribe(sound)).duration).toBe(1 / 16000);
    }
    await using classifier = await load('ast');
    expect((await classifier.classifyAudio(sound)).length).toBe(4);
    await using chooser = await load('clap');
    expect((await chooser.classifyAudio(sound, { labels: ['a bell'] })).length).toBe(1);
  });

  it('AST: the scores, of a sound that is padded and of one that is cut', async () => {
    await using handler = await load('ast');
    for (const { seconds, scores } of reference.ast) {
      const labels = await handler.classifyAudio(fixtureSound(seconds));
      for (const { label, score } of labels) expect(Math.abs(score - scores[Number(label.slice('LABEL_'.length))]!)).toBeLessThan(1e-3);
    }
  });

  it('CLAP: the scores of labels of my own', async () => {
    await using handler = await load('clap');
    for (const { seconds, labels, scores } of reference.clap) {
      const answer = (await handler.processAudio({ audio: audio(seconds), labels })) as ResultOf<'classification'>;
      expect(answer.labels.length).toBe(labels.length);
      for (const { label, score } of answer.labels) expect(Math.abs(score - scores[labels.indexOf(label)]!)).toBeLessThan(1e-3);
    }
  });

  it('SpeechT5: the sound', async () => {
    await using handler = await load('speecht5');
    for (const { text, samples, every, values } of reference.speecht5) {
      const { audio: data, metadata } = await handler.generateAudio({ prompt: text, voice: 'anna' });
      expect(metadata).toMatchObject({ voice: 'anna', sampleRate: 16000 });
      const sound = await decodeMono(Buffer.from(data, 'base64'), { sampleRate: 16000 });
      expect(sound.length).toBe(samples);
      values.forEach((value, index) => expect(Math.abs(sound[index * every]! - value)).toBeLessThan(1e-3));
    }
    await expect(handler.synthesizeSpeech('hello', { voice: 'bert' })).rejects.toMatchObject({ code: 'INPUT_UNSUPPORTED', param: 'voice', hint: expect.stringContaining('anna') });
  });
});
