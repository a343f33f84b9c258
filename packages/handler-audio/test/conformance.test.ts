import { join } from 'node:path';
import { describeHandler } from '@llmi/handler-testkit';
import handler from '../src/index.js';
import { fixtureSound } from './fixture-sound.js';

const path = (name: string) => join(import.meta.dirname, 'fixtures', name);
const audio = (seconds: number) => Buffer.from(fixtureSound(seconds)).toString('base64');
const text = 'The sea is calm, and the moon is bright. ';

describeHandler(handler, {
  packageFolder: join(import.meta.dirname, '..'),
  models: [
    {
      path: path('whisper-split'),
      requests: [{ audio: audio(1), language: 'en' }, { audio: audio(5), timestamps: 'word' }, { audio: audio(1), mode: 'robust', seed: 1 }],
      longRequest: { audio: audio(20), language: 'en' },
    },
    { path: path('whisper-english'), requests: [{ audio: audio(1), temperature: 0.8, seed: 1 }], longRequest: { audio: audio(20) } },
    { path: path('moonshine'), requests: [{ audio: audio(2) }], longRequest: { audio: audio(70) } },
    { path: path('wav2vec2-ctc'), requests: [{ audio: audio(2), timestamps: 'word' }], longRequest: { audio: audio(95) } },
    { path: path('ast'), requests: [{ audio: audio(1) }] },
    { path: path('clap'), requests: [{ audio: audio(1), labels: ['a bell', 'a clock'] }] },
    { path: path('speecht5'), requests: [{ prompt: text, voice: 'anna' }], longRequest: { prompt: text.repeat(12), voice: 'anna' } },
    // Kokoro is not among them: its mode "auto" needs a package that whoever wants it installs.
  ],
});
