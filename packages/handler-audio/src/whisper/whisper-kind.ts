import type { SoundKind, Work, WorkOf } from '../sound-model.js';
import { transcribeWhisper } from './transcribe-whisper.js';
import { WhisperModel, whisperGraphs } from './whisper-model.js';

export const whisperKind: SoundKind = {
  task: 'automatic-speech-recognition',
  graphs: () => whisperGraphs,
  fields: ['audio', 'language', 'translate', 'timestamps', 'prompt', 'temperature', 'seed', 'maxTokens'],
  modes: {
    auto: 'Writes down what is said; long sounds window by window.',
    robust: 'The same, but text that repeats itself or is unlikely is tried again at rising temperatures, and silence is left out.',
  },
  async load({ folder, model, variants, options }) {
    const whisper = await WhisperModel.load(folder, model, variants, options);
    return {
      run: (work: Work, signal) => {
        const { sound, options: asked } = work as WorkOf<'automatic-speech-recognition'>;
        return transcribeWhisper(whisper, { ...sound, signal }, asked);
      },
      [Symbol.asyncDispose]: () => whisper[Symbol.asyncDispose](),
    };
  },
};
