// Hearing: Whisper on ten minutes against the pipeline of transformers.js, first window by window with equal text, then as one file; and
// sound to Whisper's spectrogram against its feature extractor. The model is MODEL, a folder with a Whisper in ONNX format.
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadAudio } from '@llmi/handler-audio';
import { MelSpectrogram, writeWav } from '@llmi/media/audio';
import { alternate, median, spread, timed } from './measure.mjs';

const shared = process.env.LLMI_SHARED ?? fileURLToPath(new URL('../../shared', import.meta.url));
const model = process.env.MODEL ?? join(shared, 'fixtures', 'hub', 'llmi-fixtures', 'tiny-whisper');
const sampleRate = 16_000;
const windowSeconds = 30;
const windows = 20;
const maxTokens = 40;

export default async function bench() {
  if (!existsSync(model)) return [];
  const { env, pipeline } = await import('@huggingface/transformers');
  env.allowRemoteModels = false;
  env.localModelPath = dirname(model);
  const plain = await pipeline('automatic-speech-recognition', basename(model), { dtype: 'fp32' });
  const whisper = await loadAudio(model);
  try {
    return [await spectrogram(plain), await byWindows(whisper, plain), await asOneFile(whisper, plain)];
  } finally {
    await whisper[Symbol.asyncDispose]();
    await plain.dispose();
  }
}

/** Tones that change, another for each window. */
function sound(seconds, seed) {
  return Float32Array.from({ length: seconds * sampleRate }, (_, index) => 0.4 * Math.sin(index * (0.02 + 0.003 * ((seed + Math.floor(index / 40_000)) % 7))));
}

const wav = (samples) => writeWav([samples], { sampleRate, encoding: 'float32' });

async function spectrogram(plain) {
  const samples = sound(windowSeconds, 1);
  const mels = plain.processor.feature_extractor.config.feature_size;
  const options = { sampleRate, fftSize: 400, hopLength: 160, mels, minFrequency: 0, maxFrequency: 8000, scale: 'slaney', slaneyNorm: true, window: 'hann', center: true, dropLast: true, floor: 1e-10, log: 'log10' };
  const runs = await alternate(
    {
      llmi: () => timed(async () => {
        const mel = new MelSpectrogram(options);
        mel.push(samples);
        mel.finish();
      }),
      plain: () => timed(() => plain.processor(samples)),
    },
    { repetitions: 9, warmups: 2 },
  );
  return compared('spectrogram of 30 seconds / transformers.js', runs);
}

async function byWindows(whisper, plain) {
  const parts = Array.from({ length: windows }, (_, index) => sound(windowSeconds, index));
  const files = parts.map(wav);
  const texts = { llmi: [], plain: [] };
  const runs = await alternate(
    {
      llmi: () => timed(async () => {
        texts.llmi = [];
        for (const file of files) texts.llmi.push((await whisper.transcribe(file, { language: 'en', maxTokens })).text);
      }),
      plain: () => timed(async () => {
        texts.plain = [];
        for (const part of parts) texts.plain.push((await plain(part, { language: 'en', task: 'transcribe', max_new_tokens: maxTokens })).text);
      }),
    },
    { repetitions: 3, warmups: 1 },
  );
  const equal = texts.llmi.filter((text, index) => text === texts.plain[index]).length;
  return { ...compared('Whisper, 10 minutes in windows / transformers.js', runs, 1), detail: `${equal} of ${windows} texts equal; ${detailOf(runs)}` };
}

async function asOneFile(whisper, plain) {
  const samples = sound(windowSeconds * windows, 1);
  const file = wav(samples);
  const runs = await alternate(
    {
      llmi: () => timed(() => whisper.transcribe(file, { language: 'en', maxTokens })),
      plain: () => timed(() => plain(samples, { language: 'en', task: 'transcribe', max_new_tokens: maxTokens, chunk_length_s: windowSeconds, return_timestamps: true })),
    },
    { repetitions: 3, warmups: 1 },
  );
  return compared('Whisper, 10 minutes as one file / transformers.js in chunks', runs);
}

function compared(name, runs, target) {
  return { name, value: median(runs.plain) / median(runs.llmi), unit: 'ratio', ...(target === undefined ? {} : { target, atLeast: true }), detail: detailOf(runs) };
}

function detailOf(runs) {
  return `${median(runs.llmi).toFixed(0)} and ${median(runs.plain).toFixed(0)} ms, spread ${(100 * spread(runs.plain)).toFixed(0)} %`;
}
