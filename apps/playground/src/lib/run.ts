import { signal, type Signal } from '@preact/signals';
import { generate } from './api';
import { modelName } from './state';
import type { Answer, RequestBody, StreamEvent } from './types';

/** One request at a time, that can be stopped. */
export class Run {
  readonly isRunning = signal(false);
  readonly progress: Signal<Extract<StreamEvent, { type: 'progress' }> | undefined> = signal(undefined);
  readonly answer: Signal<Answer | undefined> = signal(undefined);
  readonly error: Signal<Error | undefined> = signal(undefined);
  #stop: AbortController | undefined;

  /** Sends it to the model at hand. Gives the whole answer, or undefined when it was stopped or went wrong (see `error`). */
  async start(body: RequestBody, onEvent: (event: StreamEvent) => void = () => {}): Promise<Answer | undefined> {
    if (this.isRunning.value) return undefined;
    this.#stop = new AbortController();
    this.isRunning.value = true;
    this.error.value = undefined;
    this.progress.value = undefined;
    let answer: Answer | undefined;
    try {
      for await (const event of generate({ model: modelName.value, ...body }, this.#stop.signal)) {
        onEvent(event);
        if (event.type === 'progress') this.progress.value = event;
        if (event.type === 'done') answer = this.answer.value = event;
      }
      return answer;
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'AbortError')) this.error.value = error as Error;
      return undefined;
    } finally {
      this.isRunning.value = false;
      this.progress.value = undefined;
    }
  }

  stop(): void {
    this.#stop?.abort();
  }
}
