import type { ModelInfo } from '@llmi/core';
import { classifierKind } from './classify/classifier.js';
import { clapKind } from './classify/clap.js';
import { ctcKind } from './ctc/ctc-model.js';
import { requireKind, type KindName } from './find-kind.js';
import { moonshineKind } from './moonshine/moonshine-model.js';
import type { SoundKind } from './sound-model.js';
import { kokoroKind } from './speech/kokoro.js';
import { speecht5Kind } from './speech/speecht5.js';
import { vitsKind } from './speech/vits.js';
import { sileroKind } from './voice-activity/silero.js';
import { whisperKind } from './whisper/whisper-kind.js';

const kinds: Record<KindName, SoundKind> = {
  whisper: whisperKind,
  moonshine: moonshineKind,
  ctc: ctcKind,
  classifier: classifierKind,
  clap: clapKind,
  vits: vitsKind,
  speecht5: speecht5Kind,
  kokoro: kokoroKind,
  silero: sileroKind,
};

/** @throws {LlmiError} MODEL_UNKNOWN_KIND */
export function kindOf(model: ModelInfo): SoundKind {
  return kinds[requireKind(model)];
}
