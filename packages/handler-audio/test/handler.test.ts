import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectDone, LlmiError, type GenerateEvent, type GenerateRequest } from '@llmi/core';
import { writeWav } from '@llmi/media/audio';
import { folderOfModel, readModelFolder } from '@llmi/runtime-onnx';
import definition, { AudioHandler, loadAudio, toSrt, toVtt } from '../src/index.js';
import { folderLayout } from '../src/folder-layout.js';
import { fixtureSound } from './fixture-sound.js';

const fixtures = join(import.meta.dirname, 'fixtures');
const folderOf = (name: string) => join(fixtures, name);
const handlerOf = async (name: string) => new AudioHandler(await readModelFolder(folderOf(name), folderLayout));
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const sound = base64(fixtureSound(1));
const codeOf = async (work: Promise<unknown>) => work.then(() => 'answered', (error: unknown) => (LlmiError.is(error) ? `${error.code} ${error.param}` : String(error)));

describe('what a model is', () => {
  it('is told from its files', async () => {
    const tasks = ['whisper-split', 'moonshine', 'wav2vec2-ctc', 'ast', 'clap', 'speecht5', 'kokoro'].map(async (name) => (await handlerOf(name)).getModelCapabilities().tasks[0]);
    expect(await Promise.all(tasks)).toEqual([
      'automatic-speech-recognition', 'automatic-speech-recognition', 'automatic-speech-recognition', 'audio-classification', 'zero-shot-audio-classification', 'text-to-speech', 'text-to-speech',
    ]);
  });

  it('is refused where it is for something else', async () => {
    const { model } = await handlerOf('ast');
    const other = { ...model, architectures: ['BertModel'], modelType: 'bert', files: [] };
    expect(definition.matches!(other)).toBe(false);
    expect(() => new AudioHandler(other).getModeDescriptions()).toThrow(expect.objectContaining({ code: 'MODEL_UNKNOWN_KIND' }));
  });

  it('says what it takes and gives', async () => {
    const whisper = (await handlerOf('whisper-split')).getModelCapabilities();
    expect(whisper).toMatchObject({ supportsStreaming: true, inputModalities: ['audio'], outputModalities: ['text'], supportedModes: ['auto', 'robust'], maxContextLength: 48 });
    expect((await handlerOf('speecht5')).getModelCapabilities()).toMatchObject({ inputModalities: ['text'], outputModalities: ['audio'] });
  });

  it('says what it needs, and of which figures that is made', async () => {
    const handler = await handlerOf('whisper-split');
    const { memoryRequirements, memoryParts, diskBytes, systemDependencies } = await handler.analyze();
    const sum = memoryParts.reduce((total, { bytes }) => total + bytes, 0);
    expect(memoryRequirements.recommended).toBeCloseTo(sum / 1e9, 1);
    expect(memoryParts.map(({ name }) => name)).toEqual(['runtime', 'sound', 'weights', 'activations', 'KV cache']);
    expect(diskBytes).toBe(handler.model.files.reduce((total, { sizeBytes }) => total + sizeBytes, 0));
    expect(systemDependencies.map(({ name }) => name)).toContain('ffmpeg');
    expect(handler.getQuantizationOptions().map(({ name }) => name)).toEqual(['fp32']);
  });

  it('names what is wrong with its files', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'llmi-audio-'));
    try {
      await cp(folderOf('whisper-english'), folder, { recursive: true });
      const handler = new AudioHandler(await readModelFolder(folder, folderLayout));
      expect(await handler.validateModelFiles(folder)).toEqual({ ok: true });
      await truncate(join(folder, 'onnx', 'encoder_model.onnx'), 1000);
      expect(await handler.validateModelFiles(folder)).toMatchObject({ ok: false, error: expect.stringContaining('onnx/encoder_model.onnx has 1000 bytes') });
      expect(await codeOf(loadAudio(folder))).toContain('MODEL_FILE_CORRUPT');
      await rm(join(folder, 'onnx', 'decoder_model_merged.onnx'));
      expect(await codeOf(loadAudio(folder))).toContain('MODEL_FILE_MISSING');
      await writeFile(join(folder, 'tokenizer.json'), '{');
      await cp(join(folderOf('whisper-english'), 'onnx'), join(folder, 'onnx'), { recursive: true });
      expect(await codeOf(loadAudio(folder))).toContain('MODEL_FILE_CORRUPT');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('has graphs of one dtype only, if that is asked for', async () => {
    expect(await codeOf(loadAudio(folderOf('whisper-english'), { dtype: 'q4' }))).toContain('FILE_CHOICE_EMPTY');
    await using handler = await loadAudio(join(folderOf('ast'), 'onnx', 'model.onnx'), { threads: 1 });
    expect((await handler.classifyAudio(fixtureSound(1), { topK: 1 })).length).toBe(1);
    expect(folderOfModel(join(folderOf('ast'), 'onnx', 'model.onnx'))).toBe(folderOf('ast'));
  });
});

describe('requests', () => {
  const refusals: [string, GenerateRequest, string][] = [
    ['whisper-split', {}, 'INPUT_INVALID audio'],
    ['whisper-split', { audio: 'https://example.com/a.wav' }, 'INPUT_INVALID audio'],
    ['whisper-split', { audio: sound, labels: ['a'] }, 'INPUT_UNSUPPORTED labels'],
    ['whisper-split', { audio: sound, mode: 'fast' }, 'MODE_UNSUPPORTED mode'],
    ['whisper-split', { audio: sound, task: 'text-to-speech' }, 'TASK_UNSUPPORTED task'],
    ['clap', { audio: sound }, 'INPUT_INVALID labels'],
    ['clap', { audio: sound, labels: ['a'], prompt: 'no place' }, 'INPUT_INVALID prompt'],
    ['speecht5', { prompt: '  ' }, 'INPUT_INVALID prompt'],
    ['speecht5', { prompt: 'a', audioFormat: 'opus' }, 'INPUT_UNSUPPORTED audio_format'],
    ['speecht5', { prompt: 'a', audio: sound }, 'INPUT_UNSUPPORTED audio'],
  ];
  for (const [name, request, refusal] of refusals) {
    it(`${name} refuses ${JSON.stringify(request).slice(0, 60)}`, async () => {
      const validation = (await handlerOf(name)).validateInputs(request);
      expect(validation.ok ? 'taken' : `${validation.code} ${validation.param}`).toBe(refusal);
    });
  }

  it('are taken when they fit', async () => {
    expect((await handlerOf('whisper-split')).validateInputs({ audio: sound, language: 'de', translate: true, timestamps: 'word', mode: 'robust' })).toEqual({ ok: true });
    expect((await handlerOf('kokoro')).validateInputs({ prompt: 'a', voice: 'af_heart', speed: 1.2, audioFormat: 'mp3', mode: 'phonemes' })).toEqual({ ok: true });
  });
});

describe('a model in memory', () => {
  let multilingual: AudioHandler;
  let english: AudioHandler;
  beforeAll(async () => {
    multilingual = await loadAudio(folderOf('whisper-split'), { threads: 1 });
    english = await loadAudio(folderOf('whisper-english'), { threads: 1 });
  });
  afterAll(async () => {
    await multilingual[Symbol.asyncDispose]();
    await english[Symbol.asyncDispose]();
  });

  it('refuses sounds that are none, damaged or empty, and goes on', async () => {
    const whole = fixtureSound(1);
    const strange = new Float32Array(16000).fill(NaN);
    const bad: [Uint8Array, string][] = [
      [Buffer.from('\x89PNG\r\n\x1a\n0000000000000000', 'latin1'), 'UNSUPPORTED_MEDIA_TYPE audio'],
      [whole.subarray(0, whole.length / 2), 'INPUT_INVALID audio'],
      [writeWav([new Float32Array(0)], { sampleRate: 16000 }), 'INPUT_INVALID audio'],
      [writeWav([strange], { sampleRate: 16000, encoding: 'float32' }), 'INPUT_INVALID audio'],
    ];
    for (const [bytes, code] of bad) expect(await codeOf(multilingual.processAudio({ audio: base64(bytes) }))).toBe(code);
    expect(await codeOf(multilingual.processAudio({ audio: sound, language: 'en' }))).toBe('answered');
  });

  it('hears silence, a single sample, and the loudest of sounds', async () => {
    for (const samples of [new Float32Array(16000), Float32Array.of(0.5), new Float32Array(16000).fill(1e6)]) {
      const heard = await multilingual.transcribe(writeWav([samples], { sampleRate: 16000, encoding: 'float32' }), { language: 'en' });
      expect(heard.duration).toBe(samples.length / 16000);
    }
  });

  it('refuses languages that it does not know, and what English alone cannot', async () => {
    expect(await codeOf(multilingual.transcribe(fixtureSound(1), { language: 'klingon' }))).toBe('INPUT_UNSUPPORTED language');
    expect(await codeOf(english.transcribe(fixtureSound(1), { language: 'german' }))).toBe('INPUT_UNSUPPORTED language');
    expect(await codeOf(english.transcribe(fixtureSound(1), { translate: true }))).toBe('INPUT_UNSUPPORTED translate');
    expect(await codeOf(english.transcribe(fixtureSound(1), { timestamps: 'word' }))).toBe('INPUT_UNSUPPORTED timestamps');
    expect(await codeOf(english.transcribe(fixtureSound(1), { language: 'English' }))).toBe('answered');
  });

  it('says in pieces what it says in the end', async () => {
    for (const request of [{ audio: sound, language: 'en' }, { audio: base64(fixtureSound(7)), language: 'fr', timestamps: 'segment' as const }, { audio: base64(fixtureSound(5)), mode: 'robust', seed: 3 }, { audio: sound, mode: 'robust', temperature: 2 }]) {
      const events: GenerateEvent[] = [];
      for await (const event of multilingual.generateStream(request)) events.push(event);
      const done = events.at(-1)!;
      if (done.type !== 'done' || done.result.type !== 'transcription') throw new Error('no transcription');
      expect(events.flatMap((event) => (event.type === 'text' ? [event.token] : [])).join('')).toBe(done.result.text);
      expect(Object.keys(done.timing ?? {})).toEqual(['read', 'encode', 'decode']);
    }
  });

  it('says the same for the same seed', async () => {
    const say = async (seed: number) => (await multilingual.transcribe(fixtureSound(1), { language: 'en', temperature: 1, seed })).text;
    expect(await say(7)).toBe(await say(7));
    expect(await say(7)).not.toBe(await say(8));
  });

  it('answers several requests at once as one after the other', async () => {
    const once = (await multilingual.transcribe(fixtureSound(3), { language: 'en' })).text;
    const texts = await Promise.all([1, 2, 3].map(async () => (await multilingual.transcribe(fixtureSound(3), { language: 'en' })).text));
    expect(texts).toEqual([once, once, once]);
  });

  it('is not used after it was disposed of', async () => {
    const handler = await loadAudio(folderOf('ast'), { threads: 1 });
    const loaded = await handler.loadModel(folderOf('ast'), { threads: 1 });
    await loaded[Symbol.asyncDispose]();
    await loaded[Symbol.asyncDispose]();
    expect(await codeOf(collectDone(loaded.generate({ audio: sound })))).toContain('MODEL_DISPOSED');
    await handler[Symbol.asyncDispose]();
    expect(await codeOf(handler.classifyAudio(fixtureSound(1)))).toContain('MODEL_NOT_LOADED');
  });
});

it('writes subtitles', () => {
  const segments = [{ start: 0, end: 1.5, text: ' One -->\n\n two' }, { start: 3661.25, end: 3662, text: 'three' }];
  expect(toSrt(segments)).toBe('1\n00:00:00,000 --> 00:00:01,500\nOne -->\ntwo\n\n2\n01:01:01,250 --> 01:01:02,000\nthree\n');
  expect(toVtt(segments)).toBe('WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nOne ->\ntwo\n\n01:01:01.250 --> 01:01:02.000\nthree\n');
});

it('reads its own manifest', async () => {
  const { llmi } = JSON.parse(await readFile(join(import.meta.dirname, '..', 'package.json'), 'utf8')) as { llmi: { handlers: { name: string }[] } };
  expect(llmi.handlers.map(({ name }) => name)).toEqual([definition.name]);
});
