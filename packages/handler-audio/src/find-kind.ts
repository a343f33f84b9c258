import { LlmiError, type ModelInfo } from '@llmi/core';

/** What this handler does, spelled like pipeline tags. */
export const audioTasks = ['automatic-speech-recognition', 'text-to-speech', 'audio-classification', 'zero-shot-audio-classification', 'voice-activity-detection'] as const;
export type AudioTask = (typeof audioTasks)[number];

/** Models that are run alike. */
export type KindName = 'whisper' | 'moonshine' | 'ctc' | 'classifier' | 'clap' | 'vits' | 'speecht5' | 'kokoro' | 'silero';

const byArchitecture: [RegExp, KindName][] = [
  [/^(Lite)?WhisperForConditionalGeneration$/, 'whisper'],
  [/^MoonshineForConditionalGeneration$/, 'moonshine'],
  [/ForCTC$/, 'ctc'],
  [/For(Audio|Sequence)Classification$/, 'classifier'],
  [/^ClapModel/, 'clap'],
  [/^VitsModel$/, 'vits'],
  [/^SpeechT5ForTextToSpeech$/, 'speecht5'],
];

/** For repositories whose config.json names no architecture, as conversions often do. */
const byType: Record<string, KindName> = {
  whisper: 'whisper',
  'lite-whisper': 'whisper',
  moonshine: 'moonshine',
  clap: 'clap',
  vits: 'vits',
  speecht5: 'speecht5',
  style_text_to_speech_2: 'kokoro',
  'audio-spectrogram-transformer': 'classifier',
};

/** The kind of a model, from its files; undefined for one that is not for sound, or of a kind that is not known here. */
export function findKind(model: ModelInfo): KindName | undefined {
  for (const architecture of model.architectures) {
    const found = byArchitecture.find(([pattern]) => pattern.test(architecture));
    if (found) return found[1];
  }
  const named = byType[model.modelType ?? ''];
  if (named) return named;
  const paths = model.files.map(({ path }) => path);
  if (paths.some((path) => /silero[_-]?vad[^/]*\.onnx$/i.test(path)) || /silero.?vad/i.test(model.id)) return 'silero';
  if (paths.some((path) => /^voices\/[^/]+\.bin$/.test(path))) return 'kokoro';
  return byTask(model.task) ?? byTask(model.pipelineTag);
}

function byTask(task: string | undefined): KindName | undefined {
  if (task === 'audio-classification') return 'classifier';
  return task === 'automatic-speech-recognition' ? 'ctc' : undefined;
}

/** @throws {LlmiError} MODEL_UNKNOWN_KIND */
export function requireKind(model: ModelInfo): KindName {
  const kind = findKind(model);
  if (kind) return kind;
  throw new LlmiError('MODEL_UNKNOWN_KIND', {
    message: `What kind of model ${model.id} is cannot be told from its files${model.modelType ? ` (model type ${model.modelType})` : ''}.`,
    hint: 'Speech recognition: Whisper, Moonshine, wav2vec2, HuBERT. Speech: VITS, SpeechT5, Kokoro. Also audio classifiers, CLAP and Silero VAD.',
  });
}
