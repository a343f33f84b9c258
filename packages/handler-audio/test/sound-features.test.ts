import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeWav } from '@llmi/media/audio';
import { readModelFolder } from '@llmi/runtime-onnx';
import { folderLayout } from '../src/folder-layout.js';
import { openFeatures } from '../src/whisper/sound-features.js';
import { readWhisperSettings, type WhisperSettings } from '../src/whisper/whisper-settings.js';
import { WhisperTokenizer } from '../src/whisper/whisper-tokenizer.js';

const folder = join(import.meta.dirname, 'fixtures', 'whisper-split');

/** A tone whose spectrogram is the same every 10 frames. */
const tone = (seconds: number) => writeWav([Float32Array.from({ length: seconds * 16_000 }, (_, index) => 0.5 * Math.sin((2 * Math.PI * (index % 1600)) / 100))], { sampleRate: 16_000 });

describe('windows of a long sound', () => {
  let settings: WhisperSettings;
  beforeAll(async () => {
    settings = readWhisperSettings(await readModelFolder(folder, folderLayout), await WhisperTokenizer.load(folder));
  });

  it('are the same whether the sound is kept or read again', async () => {
    const short = await openFeatures(tone(20), settings, {});
    const long = await openFeatures(tone(660), settings, {}); // 128 mels of 11 minutes are 34 MB: more than is kept
    expect([short.frames, long.frames]).toEqual([2000, 66_000]);
    expect(await long.window(0)).toEqual(await short.window(0));
    const middle = await short.window(600);
    for (const from of [610, 750, 30_000, 65_000]) expect(await long.window(from)).toEqual(middle);
    await short.close();
    await long.close();
  });

  it('end with nothing', async () => {
    const features = await openFeatures(tone(5), settings, {});
    const window = await features.window(450);
    const row = window.subarray(0, settings.chunkFrames);
    expect(row.subarray(0, 50).every((value) => value !== 0)).toBe(true);
    expect(row.subarray(50).every((value) => value === 0)).toBe(true);
  });
});
