import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { ResultOf } from '@llmi/core';
import { decodeMono } from '@llmi/media/audio';
import { readModelFolder, toFloat32 } from '@llmi/runtime-onnx';
import { loadAudio } from '../src/index.js';
import { folderLayout } from '../src/folder-layout.js';
import { SpeechSpans } from '../src/voice-activity/speech-spans.js';
import { VitsText } from '../src/speech/vits-text.js';
import { normalizeSound } from '../src/raw-sound.js';
import { openFeatures } from '../src/whisper/sound-features.js';
import { WhisperModel } from '../src/whisper/whisper-model.js';
import { asset, expectLike, folderOf, golden, hasFixtures, shared, type Summary } from './shared.js';

const base64 = (path: string) => readFileSync(path, 'base64');

describe.skipIf(!hasFixtures)('golden fixtures', () => {
  it('tiny-whisper: hears and writes what the reference does', async () => {
    const folder = folderOf('tiny-whisper');
    const info = await readModelFolder(folder, folderLayout);
    const [{ inputs, expect: expected }] = golden('tiny-whisper');
    await using model = await WhisperModel.load(folder, info, WhisperModel.graphs(info), { threads: 1 });
    const window = await (await openFeatures(asset(inputs.audio!), model.settings, {})).window(0);
    expectLike(window, [1, 80, 3000], expected.input_features as Summary, 1e-4);
    const states = await model.encode(window);
    expectLike(toFloat32(states), states.shape, expected.encoder_last_hidden_state as Summary, 1e-3);
    const { logits, rows } = await model.decoder.start(states).step(expected.decoder_prompt_ids as number[]);
    const size = logits.length / rows;
    expectLike(logits.slice((rows - 1) * size), [size], expected.first_step_logits as Summary, 1e-2);
  });

  it('tiny-whisper: the text, by a request', async () => {
    const [{ inputs, params, expect: expected }] = golden('tiny-whisper');
    await using handler = await loadAudio(folderOf('tiny-whisper'), { threads: 1 });
    const { text, language, segments, duration } = (await handler.processAudio({ audio: base64(asset(inputs.audio!)), language: inputs.language, maxTokens: params.max_new_tokens as number })) as ResultOf<'transcription'>;
    expect({ text, language, duration }).toEqual({ text: expected.text, language: 'en', duration: 3 });
    expect(segments).toEqual([{ start: 0, end: 3, text }]);
  });

  it('tiny-whisper: its files in eight bits', async () => {
    await using handler = await loadAudio(folderOf('tiny-whisper'), { threads: 1, dtype: 'q8' });
    const { text } = await handler.transcribe(asset(golden('tiny-whisper')[0].inputs.audio!), { language: 'english', maxTokens: 4 });
    expect(text.length).toBeGreaterThan(0);
  });

  it('tiny-wav2vec2-audio-classification: what it sees, and its scores', async () => {
    const [{ inputs, expect: expected }] = golden('tiny-wav2vec2-audio-classification');
    const samples = normalizeSound(await decodeMono(asset(inputs.audio!), { sampleRate: 16000 }));
    expectLike(samples, [1, samples.length], expected.input_values as Summary, 1e-4);
    await using handler = await loadAudio(folderOf('tiny-wav2vec2-audio-classification'), { threads: 1 });
    const { labels } = (await handler.processAudio({ audio: base64(asset(inputs.audio!)) })) as ResultOf<'classification'>;
    const scores = expected.scores as { label: string; score: number }[];
    expect(labels.map(({ label }) => label)).toEqual(scores.map(({ label }) => label));
    labels.forEach(({ score }, index) => expect(Math.abs(score - scores[index]!.score)).toBeLessThan(1e-3));
  });

  it('tiny-mms-tts: the ids and the sound', async () => {
    const [{ inputs, expect: expected }] = golden('tiny-mms-tts');
    const folder = folderOf('tiny-mms-tts');
    const text = await VitsText.load(folder, await readModelFolder(folder, folderLayout));
    expect(text.encode(inputs.text!)).toEqual(expected.input_ids);
    await using handler = await loadAudio(folder, { threads: 1 });
    const { audio, metadata } = await handler.generateAudio({ prompt: inputs.text });
    expect(metadata).toEqual({ format: 'wav', sampleRate: expected.sampling_rate, duration: (expected.samples as number) / (expected.sampling_rate as number) });
    const samples = await decodeMono(Buffer.from(audio, 'base64'), { sampleRate: 16000 });
    expectLike(samples, [samples.length], expected.waveform as Summary, 1e-3);
    (expected.every_200th as number[]).forEach((value, index) => expect(Math.abs(samples[index * 200]! - value)).toBeLessThan(1e-3));
  });
});

const weights = join(shared, 'weights');
describe.skipIf(!existsSync(weights))('Silero VAD', () => {
  for (const file of ['silero_vad.onnx', 'silero_vad_16k_op15.onnx']) {
    it(`${file}: jfk.wav is speech where it is`, async () => {
      const add = vi.spyOn(SpeechSpans.prototype, 'add');
      await using handler = await loadAudio(join(weights, 'silero-vad', file), { threads: 1 });
      const segments = await handler.detectSpeech(join(weights, 'samples', 'jfk.wav'));
      const { models } = JSON.parse(readFileSync(join(weights, 'silero-vad', 'reference.json'), 'utf8')) as { models: Record<string, { frames: number; mean: number; first8: number[]; speech_frames: number }> };
      const { frames, mean, first8, speech_frames: speechFrames } = models[file]!;
      const probabilities = add.mock.calls.map(([probability]) => probability).slice(0, frames); // here, a last step is filled up with silence
      add.mockRestore();
      first8.forEach((value, index) => expect(Math.abs(probabilities[index]! - value)).toBeLessThan(1e-3));
      expect(Math.abs(probabilities.reduce((sum, value) => sum + value, 0) / frames - mean)).toBeLessThan(1e-3);
      expect(probabilities.filter((value) => value > 0.5).length).toBe(speechFrames);
      expect(segments.length).toBeGreaterThan(1);
      const spoken = segments.reduce((sum, { start, end }) => sum + end - start, 0);
      expect(spoken).toBeGreaterThan(6);
      expect(spoken).toBeLessThan(10);
      expect(segments[0]!.start).toBeGreaterThan(0.2);
      expect(segments.at(-1)!.end).toBeLessThan(11);
    });
  }
});
