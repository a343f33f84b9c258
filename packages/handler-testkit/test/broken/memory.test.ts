import type { GenerateEvent, GenerateRequest, LoadedModel, LoadOptions } from '@llmi/core';
import { afterEach, describe, expect, it } from 'vitest';
import { failedChecks, withModel, withWords, type HandlerClass } from '../support/broken.js';
import { SoundHandler, SoundModel } from '../support/sound-handler.js';

/** What leaks in these tests; let go of after each. */
const kept: Buffer[] = [];
afterEach(() => kept.splice(0));
const leak = () => void kept.push(Buffer.alloc(4 << 20, 1));

let shared: SoundModel | undefined;

class SharesOneModel extends SoundHandler {
  protected override makeModel(words: string[]): LoadedModel {
    return (shared ??= new SoundModel(this, words));
  }
}

class LeaksWhenLoadingFails extends SoundHandler {
  override loadModel(path: string, options: LoadOptions = {}): Promise<LoadedModel> {
    if (options.signal?.aborted) leak();
    return super.loadModel(path, options);
  }
}

class CannotBeDisposedOf extends SoundModel {
  override async [Symbol.asyncDispose](): Promise<void> {
    this.disposed = false;
  }
}

class CanBeDisposedOfOnce extends SoundModel {
  override async [Symbol.asyncDispose](): Promise<void> {
    this.assertLoaded();
    await super[Symbol.asyncDispose]();
  }
}

class HangsWhenDisposedOf extends SoundModel {
  protected override async *say(request: GenerateRequest, signal?: AbortSignal): AsyncGenerator<GenerateEvent> {
    for await (const event of super.say(request, signal)) {
      yield event;
      if (this.disposed) await new Promise(() => undefined);
    }
  }
}

const leaving = '10 times loaded, used and disposed of, it leaves at most 2 MiB and a tenth of its files each time';

const breakages: [breakage: string, handler: HandlerClass, check: string][] = [
  ['keeps its memory', withWords(async (read) => (leak(), read())), leaving],
  ['keeps the memory of loads that fail', LeaksWhenLoadingFails, '10 loads that fail leave nothing behind'],
  ['shares one model among all loads', SharesOneModel, 'two loaded models are two: one lives on when the other is disposed of'],
  ['works on when it was disposed of', withModel(CannotBeDisposedOf), 'disposing twice is fine, and a disposed model says so'],
  ['cannot be disposed of twice', withModel(CanBeDisposedOfOnce), 'disposing twice is fine, and a disposed model says so'],
  ['hangs when it is disposed of', withModel(HangsWhenDisposedOf), 'disposing while it works ends the work'],
];

describe('a handler fails that', () => {
  it.each(breakages)('%s', async (_breakage, handler, check) => {
    expect(await failedChecks(handler)).toContain(check);
  });
});
