import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeMono, openAudio, readMono, sniffAudioFormat, writeMp3, writeWav } from '../src/audio/index.js';
import { expectSome, type Some } from './expect-some.js';

const fixtures = join(import.meta.dirname, 'fixtures');
const file = (name: string) => readFileSync(join(fixtures, 'audio', name));
const { files } = JSON.parse(readFileSync(join(fixtures, 'audio.json'), 'utf8')) as { files: Record<string, { sampleRate: number; channels: number; frames: number; mono: Some }> };

describe('sound files, against libsndfile', () => {
  for (const [name, { sampleRate, channels, frames, mono }] of Object.entries(files)) {
    it(name, async () => {
      const stream = await openAudio(file(name));
      expect([stream.sampleRate, stream.channels]).toEqual([sampleRate, name.endsWith('.mp3') ? 2 : channels]);
      await stream.blocks.return(undefined);
      const samples = await decodeMono(file(name), { sampleRate });
      const isLossy = /ogg|mp3/.test(name);
      expect(samples.length).toBe(frames);
      expectSome(samples, mono, isLossy ? 2e-3 : 1e-6);
      const fromFile = await decodeMono(join(fixtures, 'audio', name), { sampleRate });
      expect(fromFile).toEqual(samples);
    });
  }
});

describe('damaged files', () => {
  const refused = async (bytes: Uint8Array, options = {}) => decodeMono(bytes, { sampleRate: 16000, param: 'audio', ...options }).then(() => 'taken', (error: { code: string; param?: string }) => `${error.code} ${error.param}`);

  it('refuses what is no sound, or empty', async () => {
    expect(await refused(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'))).toBe('UNSUPPORTED_MEDIA_TYPE audio');
    expect(await refused(new Uint8Array(0))).toBe('INPUT_INVALID audio');
    expect(await refused(writeWav([new Float32Array(0)], { sampleRate: 16000 }))).toBe('INPUT_INVALID audio');
  });

  it('refuses a file that is shorter than it says, wherever it is cut', async () => {
    const whole = file('pcm16.wav');
    for (const length of [13, 20, 30, 43, 44, 100, whole.length - 1]) expect(await refused(whole.subarray(0, length))).toBe('INPUT_INVALID audio');
    expect(await refused(file('tones.flac').subarray(0, 60))).toBe('INPUT_INVALID audio');
    expect(await refused(file('vorbis.ogg').subarray(0, 300))).toBe('INPUT_INVALID audio');
  });

  it('reads to the end what was written into a pipe, whose size was unknown', async () => {
    const piped = Buffer.from(file('pcm8.wav'));
    piped.writeUInt32LE(0xffff_ffff, piped.indexOf('data') + 4);
    expect((await decodeMono(piped, { sampleRate: 8000 })).length).toBe(400);
  });

  it('refuses headers that lie', async () => {
    const change = (at: number, value: number) => {
      const bytes = Buffer.from(writeWav([new Float32Array(100)], { sampleRate: 16000 }));
      bytes.writeUInt16LE(value, at);
      return bytes;
    };
    expect(await refused(change(22, 0))).toBe('INPUT_INVALID audio'); // no channels
    expect(await refused(change(22, 60_000))).toBe('INPUT_INVALID audio');
    expect(await refused(change(24, 0))).toBe('INPUT_INVALID audio'); // no sample rate
    expect(await refused(change(34, 7))).toBe('INPUT_INVALID audio'); // 7 bits in two bytes
    expect(await refused(change(20, 85))).toBe('INPUT_INVALID audio'); // MP3 in WAV
  });

  it('refuses samples that are not numbers', async () => {
    const samples = new Float32Array(1000);
    samples[700] = NaN;
    expect(await refused(writeWav([samples], { sampleRate: 16000, encoding: 'float32' }))).toBe('INPUT_INVALID audio');
  });

  it('stops at the longest sound that it takes', async () => {
    const long = writeWav([new Float32Array(16000 * 3)], { sampleRate: 16000 });
    expect(await refused(long, { maxSeconds: 2 })).toBe('PAYLOAD_TOO_LARGE audio');
    expect(await refused(long, { maxSeconds: 3 })).toBe('taken');
  });

  it('names ffmpeg where it is needed and not there', async () => {
    const m4a = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypM4A '), Buffer.alloc(60)]);
    await expect(decodeMono(m4a, { sampleRate: 16000, ffmpeg: 'no-such-ffmpeg' })).rejects.toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE', hint: expect.stringContaining('ffmpeg') });
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    const blocks = readMono(writeWav([new Float32Array(16000 * 60)], { sampleRate: 16000 }), { sampleRate: 8000, signal: controller.signal });
    await blocks.next();
    controller.abort(new Error('enough'));
    await expect(blocks.next()).rejects.toThrow('enough');
  });
});

describe('writing', () => {
  const tone = Float32Array.from({ length: 16000 }, (_, index) => 0.5 * Math.sin(index / 8));

  it('writes what it reads', async () => {
    const wide = await decodeMono(writeWav([tone], { sampleRate: 16000, encoding: 'float32' }), { sampleRate: 16000 });
    expect(wide).toEqual(tone);
    const narrow = await decodeMono(writeWav([tone, tone], { sampleRate: 16000 }), { sampleRate: 16000 });
    narrow.forEach((sample, index) => expect(Math.abs(sample - tone[index]!)).toBeLessThan(1 / 16384));
  });

  it('makes MP3 of rates that the format does not have', async () => {
    const stream = await openAudio(await writeMp3([tone], 20_000));
    await stream.blocks.return(undefined);
    expect(stream.sampleRate).toBe(22_050);
  });

  it('makes MP3 that sounds the same', async () => {
    const mp3 = await writeMp3([tone], 16000);
    expect(sniffAudioFormat(mp3)).toBe('mp3');
    expect(mp3.length).toBeLessThan(tone.length * 2);
    const back = await decodeMono(mp3, { sampleRate: 16000 });
    const energy = (samples: Float32Array) => samples.reduce((sum, sample) => sum + sample * sample, 0);
    expect(Math.abs(energy(back) / energy(tone) - 0.95 ** 2)).toBeLessThan(0.01); // LAME makes all sound weaker by 5 %, so that it is not cut off
  });
});
