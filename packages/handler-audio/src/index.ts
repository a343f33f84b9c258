import { defineHandler } from '@llmi/core';
import { findKind } from './find-kind.js';
import { AudioHandler } from './handler.js';

export { AudioHandler } from './handler.js';
export { loadAudio } from './load-audio.js';
export type { LoadedAudioModel } from './loaded-audio-model.js';
export type { ClassifyOptions, SpeechFormat, SpeechOptions } from './sound-model.js';
export { toSrt, toVtt } from '@llmi/core';
export type { RobustOptions, TranscribeOptions, Transcription, TranscriptionSegment } from './transcription.js';

export default defineHandler({ name: 'audio', create: (model) => new AudioHandler(model), matches: (model) => findKind(model) !== undefined });
