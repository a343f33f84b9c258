import { LlmiError, toSnakeCase, type GenerateRequest } from '@llmi/core';
import { bytesOfBase64 } from '@llmi/media/audio';
import type { SoundInput, SoundKind, SpeechFormat, Work } from './sound-model.js';

/** What a model lets a request choose. */
export type AudioFacts = Pick<SoundKind, 'task' | 'fields' | 'modes'>;

const always = ['model', 'mode', 'task'];
const speechFormats: readonly SpeechFormat[] = ['wav', 'mp3'];

/**
 * Checks a request against the model and fills in its defaults. The sound is decoded when the work begins.
 * @throws {LlmiError} INPUT_UNSUPPORTED, INPUT_INVALID, MODE_UNSUPPORTED, TASK_UNSUPPORTED
 */
export function resolveRequest(request: GenerateRequest, { task, fields, modes }: AudioFacts): Work {
  if (request.task !== undefined && request.task !== task) {
    throw new LlmiError('TASK_UNSUPPORTED', { message: `This model has no task "${request.task}".`, hint: `It can do: ${task}.`, param: 'task' });
  }
  const mode = request.mode ?? 'auto';
  if (!Object.hasOwn(modes, mode)) {
    throw new LlmiError('MODE_UNSUPPORTED', { message: `This model has no mode "${mode}".`, hint: `Use one of: ${Object.keys(modes).join(', ')}.`, param: 'mode' });
  }
  refuseOtherFields(request, task, fields);
  switch (task) {
    case 'automatic-speech-recognition': {
      const { language, translate, timestamps, prompt, temperature, seed, maxTokens } = request;
      return { task, sound: readSound(request), options: { language, translate, timestamps, prompt, temperature, seed, maxTokens, robust: mode === 'robust' } };
    }
    case 'audio-classification':
      return { task, sound: readSound(request), options: { topK: readTopK(request), threshold: request.threshold } };
    case 'zero-shot-audio-classification':
      return { task, sound: readSound(request), options: { topK: readTopK(request), threshold: request.threshold, labels: readLabels(request), template: readTemplate(request) } };
    case 'voice-activity-detection':
      return { task, sound: readSound(request), options: { threshold: request.threshold } };
    case 'text-to-speech': {
      const { voice, speed, seed } = request;
      return { task, text: readText(request), isPhonemes: mode === 'phonemes', options: { voice, speed, seed, format: readFormat(request) } };
    }
  }
}

function refuseOtherFields(request: GenerateRequest, task: string, fields: readonly string[]): void {
  const taken = [...always, ...fields];
  const other = Object.entries(request).find(([name, value]) => value !== undefined && !taken.includes(name));
  if (!other) return;
  const param = toSnakeCase(other[0]);
  throw new LlmiError('INPUT_UNSUPPORTED', { message: `This model has no use for "${param}" (${task}).`, hint: `Leave it out; what counts here is: ${taken.slice(1).map(toSnakeCase).join(', ')}.`, param });
}

function readSound({ audio }: GenerateRequest): SoundInput {
  if (audio === undefined) throw invalid('audio', 'There is no sound to listen to.', 'Give "audio": a sound file as base64 or a data URL.');
  return { input: bytesOfBase64(audio, 'audio'), param: 'audio' };
}

function readText({ prompt }: GenerateRequest): string {
  if (prompt === undefined || prompt.trim() === '') throw invalid('prompt', 'There is no text to speak.', 'Give "prompt": what is to be said.');
  return prompt;
}

function readTopK({ topK }: GenerateRequest): number | undefined {
  return topK === 0 ? Infinity : topK;
}

function readLabels({ labels }: GenerateRequest): string[] {
  if (labels === undefined) throw invalid('labels', 'There are no labels to choose from.', 'Give "labels", such as ["a dog", "rain"].');
  return labels;
}

function readTemplate({ prompt }: GenerateRequest): string | undefined {
  if (prompt === undefined || prompt.includes('{}')) return prompt;
  throw invalid('prompt', 'The prompt has no place for a label.', 'Write {} where the label goes: "This is a sound of {}."');
}

function readFormat({ audioFormat }: GenerateRequest): SpeechFormat | undefined {
  const format = speechFormats.find((name) => name === audioFormat);
  if (audioFormat === undefined || format) return format;
  throw new LlmiError('INPUT_UNSUPPORTED', { message: `Speech cannot be had as "${audioFormat}".`, hint: `Use one of: ${speechFormats.join(', ')}.`, param: 'audio_format' });
}

function invalid(param: string, message: string, hint: string): LlmiError {
  return new LlmiError('INPUT_INVALID', { message, hint, param });
}
