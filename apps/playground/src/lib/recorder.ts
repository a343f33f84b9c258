import { signal } from '@preact/signals';
import { encodeWav } from './wav';

/** Records from the microphone, and gives a WAV file: every model reads that. */
export class Recorder {
  readonly isRecording = signal(false);
  readonly error = signal<Error | undefined>(undefined);
  #recorder: MediaRecorder | undefined;
  #chunks: Blob[] = [];

  async start(): Promise<void> {
    this.error.value = undefined;
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      this.#chunks = [];
      this.#recorder = new MediaRecorder(stream);
      this.#recorder.ondataavailable = ({ data }) => this.#chunks.push(data);
      this.#recorder.start();
      this.isRecording.value = true;
    } catch (error) {
      this.error.value = new Error(`The microphone cannot be used: ${(error as Error).message}`);
    }
  }

  async stop(): Promise<Blob> {
    const recorder = this.#recorder!;
    const stopped = new Promise((resolve) => (recorder.onstop = resolve));
    recorder.stop();
    await stopped;
    for (const track of recorder.stream.getTracks()) track.stop();
    this.isRecording.value = false;
    const context = new AudioContext();
    const sound = await context.decodeAudioData(await new Blob(this.#chunks).arrayBuffer());
    await context.close();
    return encodeWav(sound.getChannelData(0), sound.sampleRate);
  }
}
