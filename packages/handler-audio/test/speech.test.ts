import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { GenerateEvent } from '@llmi/core';
import { decodeMono, sniffAudioFormat } from '@llmi/media/audio';
import { loadAudio } from '../src/index.js';
import { changeSpeed } from '../src/speech/change-speed.js';
import { splitText } from '../src/speech/split-text.js';

const fixtures = join(import.meta.dirname, 'fixtures');
const { kokoro } = JSON.parse(readFileSync(join(fixtures, 'models.json'), 'utf8')) as { kokoro: { text: string; voice: string; speed: number; samples: number; values: number[] }[] };
const load = (name: string) => loadAudio(join(fixtures, name), { threads: 1 });

describe('Kokoro', () => {
  it('feeds phonemes, the row of the voice for their number, and the speed', async () => {
    await using handler = await load('kokoro');
    for (const { text, voice, speed, samples, values } of kokoro) {
      const { audio, metadata } = await handler.generateAudio({ prompt: text, mode: 'phonemes', voice, speed });
      expect(metadata).toMatchObject({ voice, sampleRate: 24000, format: 'wav' });
      const sound = await decodeMono(Buffer.from(audio, 'base64'), { sampleRate: 24000 });
      expect(sound.length).toBe(samples);
      values.forEach((value, index) => expect(Math.abs(sound[index]! - value)).toBeLessThan(1e-3));
    }
  });

  it('says what writes phonemes, and which voices there are', async () => {
    await using handler = await load('kokoro');
    expect(handler.getDependencies()).toMatchObject([{ name: 'phonemizer', optional: true }]);
    expect(handler.getInstallationNotes().phonemes).toContain('GPL');
    await expect(handler.generateAudio({ prompt: 'hello' })).rejects.toMatchObject({ code: 'DEPENDENCY_MISSING', hint: expect.stringContaining('phonemizer') });
    await expect(handler.generateAudio({ prompt: 'hello', voice: 'jf_alpha' })).rejects.toMatchObject({ code: 'INPUT_UNSUPPORTED', param: 'voice' }); // Japanese
    await expect(handler.generateAudio({ prompt: 'hello', voice: 'alloy' })).rejects.toMatchObject({ code: 'INPUT_UNSUPPORTED', hint: expect.stringContaining('af_heart, jf_alpha') });
  });
});

it('refuses a voice that is cut off', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'llmi-kokoro-'));
  try {
    await cp(join(fixtures, 'kokoro'), folder, { recursive: true });
    await truncate(join(folder, 'voices', 'jf_alpha.bin'), 1024);
    await expect(loadAudio(folder)).rejects.toMatchObject({ code: 'MODEL_FILE_CORRUPT', message: expect.stringContaining('jf_alpha') });
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe('a long text', () => {
  const text = 'The sea is calm. The moon is bright, and the stars are out. '.repeat(12);

  it('is spoken part by part, each as it is ready', async () => {
    await using handler = await load('speecht5');
    const events: GenerateEvent[] = [];
    for await (const event of handler.generateStream({ prompt: text, voice: 'anna', audioFormat: 'mp3' })) events.push(event);
    const parts = events.filter((event) => event.type === 'audio');
    expect(parts.length).toBe(splitText(text, 57).length); // the model has 60 positions
    for (const { data, mimeType } of parts) expect([sniffAudioFormat(Buffer.from(data, 'base64')), mimeType]).toEqual(['mp3', 'audio/mpeg']);
    const done = events.at(-1)!;
    expect(done).toMatchObject({ type: 'done', result: { type: 'audio', metadata: { format: 'mp3' } } });
  });

  it('stops between parts', async () => {
    await using handler = await load('speecht5');
    const controller = new AbortController();
    const speaking = (async () => {
      for await (const event of handler.generateStream({ prompt: text, voice: 'anna' }, { signal: controller.signal })) if (event.type === 'progress') controller.abort(new Error('enough'));
    })();
    await expect(speaking).rejects.toThrow('enough');
  });
});

describe('splitText', () => {
  it('leaves a short text whole, and cuts a long one between sentences', () => {
    expect(splitText('  One. Two. ', 250)).toEqual(['One. Two.']);
    expect(splitText('One is here. Two is there. Three.', 20)).toEqual(['One is here.', 'Two is there. Three.']);
  });

  it('cuts a sentence that is too long at commas, else at spaces, else anywhere', () => {
    expect(splitText('one two three, four five six', 20)).toEqual(['one two three,', 'four five six']);
    expect(splitText('one two three four five six', 20)).toEqual(['one two three four', 'five six']);
    expect(splitText('x'.repeat(50), 20).map(({ length }) => length)).toEqual([20, 20, 10]);
  });
});

describe('changeSpeed', () => {
  const rate = 16000;
  const tone = Float32Array.from({ length: rate }, (_, index) => 0.5 * Math.sin((2 * Math.PI * 220 * index) / rate));

  it('changes the length, and neither pitch nor loudness', () => {
    for (const speed of [0.5, 0.8, 1.25, 2]) {
      const changed = changeSpeed(tone, rate, speed);
      expect(changed.length).toBe(Math.round(rate / speed));
      const middle = changed.subarray(1000, changed.length - 1000);
      let crossings = 0;
      for (let index = 1; index < middle.length; index++) if (middle[index - 1]! < 0 && middle[index]! >= 0) crossings++;
      expect(Math.abs((crossings * rate) / middle.length - 220)).toBeLessThan(5);
      const loudness = Math.sqrt(middle.reduce((sum, sample) => sum + sample * sample, 0) / middle.length);
      expect(Math.abs(loudness - 0.5 * Math.SQRT1_2)).toBeLessThan(0.02);
    }
    expect(changeSpeed(tone, rate, 1)).toBe(tone);
  });
});
