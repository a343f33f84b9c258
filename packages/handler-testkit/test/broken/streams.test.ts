import { doneEvent, type GenerateEvent, type GenerateRequest } from '@llmi/core';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { failedChecks, reportOf, withEvents, withMethods, withModel, withResult, type HandlerClass } from '../support/broken.js';
import { SoundHandler, SoundModel } from '../support/sound-handler.js';

type Events = AsyncGenerator<GenerateEvent>;
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
let calls = 0;

class FailsInOneMode extends SoundModel {
  protected override check(request: GenerateRequest): [string, number] {
    if (request.mode === 'shout') throw new Error('out of breath');
    return super.check(request);
  }
}

class ThrowsPlainErrors extends SoundModel {
  protected override check(request: GenerateRequest): [string, number] {
    if (request.prompt === undefined) throw new Error('no prompt');
    return super.check(request);
  }
}

class KeepsItsPlaceWhenLeft extends SoundModel {
  #busy = false;

  protected override async *say(request: GenerateRequest, signal?: AbortSignal): Events {
    while (this.#busy) await nextTurn();
    this.#busy = true;
    yield* super.say(request, signal);
    this.#busy = false;
  }
}

class NeverEnds extends SoundModel {
  protected override async *say(request: GenerateRequest, signal?: AbortSignal): Events {
    yield* super.say(request, signal);
    await new Promise(() => undefined);
  }
}

class IgnoresTheSignal extends SoundModel {
  protected override say(request: GenerateRequest): Events {
    return super.say(request);
  }
}

class LooksAtTheSignalOnce extends SoundModel {
  protected override async *say(request: GenerateRequest, signal?: AbortSignal): Events {
    signal?.throwIfAborted();
    yield* super.say(request);
  }
}

class RejectsWithItsOwnError extends SoundModel {
  protected override async *say(request: GenerateRequest, signal?: AbortSignal): Events {
    if (signal?.aborted) throw new Error('cancelled');
    yield* super.say(request, signal);
  }
}

class StaysCancelled extends SoundModel {
  #spoilt = false;

  protected override async *say(request: GenerateRequest, signal?: AbortSignal): Events {
    signal?.addEventListener('abort', () => (this.#spoilt = true));
    yield* super.say(this.#spoilt ? { ...request, maxTokens: 1 } : request, signal);
  }
}

class MixesRequestsUp extends SoundModel {
  #words = 0;

  protected override async *say(request: GenerateRequest, signal?: AbortSignal): Events {
    this.#words = 0;
    for await (const event of super.say(request, signal)) {
      this.#words++;
      yield event.type === 'done' ? doneEvent({ ...event.result, text: String(this.#words) } as typeof event.result) : event;
    }
  }
}

class CancelsEverybody extends SoundModel {
  #all = new AbortController();

  protected override async *say(request: GenerateRequest, signal?: AbortSignal): Events {
    const all = this.#all.signal;
    signal?.addEventListener('abort', () => {
      this.#all.abort(signal.reason);
      this.#all = new AbortController();
    });
    for await (const event of super.say(request, signal)) {
      all.throwIfAborted();
      yield event;
    }
  }
}

class WorksOnNothing extends SoundModel {
  override readonly info = { device: 'cpu', parallel: 0 };
}

class FoldsOtherwise extends SoundHandler {
  override generateStream(request: GenerateRequest, options: object) {
    return super.generateStream({ ...request, maxTokens: 1 }, options);
  }
}

class DeclaresPictures extends SoundHandler {
  override getModelCapabilities() {
    return { ...super.getModelCapabilities(), outputModalities: ['image' as const] };
  }
}

/** The modes of the handler, and a model that cannot work in one of them. */
class HasTwoModes extends SoundHandler {
  override getModeDescriptions() {
    return { auto: 'In turn.', shout: 'Loud.' };
  }

  protected override makeModel(words: string[]) {
    return new FailsInOneMode(this, words);
  }
}

async function* silent(events: Events): Events {
  for await (const event of events) if (event.type !== 'done') yield event;
}

async function* talkative(events: Events): Events {
  yield* events;
  yield { type: 'text', token: 'and' };
}

async function* musical(events: Events): Events {
  yield { type: 'music' } as unknown as GenerateEvent;
  yield* events;
}

async function* backwards(events: Events): Events {
  for (const step of [2, 1]) yield { type: 'progress', stage: 'work', step, steps: 2 };
  yield* events;
}

async function* hesitant(events: Events): Events {
  yield { type: 'text', token: 'well ' };
  yield* events;
}

async function* loud(events: Events): Events {
  console.log('generating');
  yield* events;
}

const vectors = { type: 'embedding', embeddings: [[1, 2]], dimensions: 3, usage: { promptTokens: 0, completionTokens: 0, totalTokens: 0 } };

const breakages: [breakage: string, handler: HandlerClass, check: string][] = [
  ['cannot work in a mode it has', HasTwoModes, 'it answers in each of its modes'],
  ['throws plain errors', withModel(ThrowsPlainErrors), 'generate() refuses a request for nothing with a typed error, and goes on'],
  ['never says "done"', withEvents(silent), 'a stream ends with one "done", and nothing comes behind it'],
  ['goes on behind "done"', withEvents(talkative), 'a stream ends with one "done", and nothing comes behind it'],
  ['has events of its own', withEvents(musical), 'every event is of the contract, and plain JSON'],
  ['goes back in its progress', withEvents(backwards), 'events come in order: progress goes up, parts are numbered'],
  ['streams another text than it answers', withEvents(hesitant), 'the tokens of a stream are the text of its answer'],
  ['folds another stream', FoldsOtherwise, 'the methods of BaseHandler fold the same stream'],
  ['prints', withEvents(loud), 'loading and answering print nothing'],
  ['answers outside the contract', withResult((result) => ({ ...result, finishReason: 'tired' })), 'answers are of the contract, and plain JSON'],
  ['answers with more than the contract', withResult((result) => ({ ...result, mood: 'fine' })), 'answers are of the contract, and plain JSON'],
  ['answers with what JSON cannot say', withResult(() => ({ type: 'image', image: 'x', images: ['x'], metadata: { made: new Date(0) } })), 'answers are of the contract, and plain JSON'],
  ['cannot add up', withResult((result) => ({ ...result, usage: { promptTokens: 1, completionTokens: 1, totalTokens: 3 } })), 'usage adds up'],
  ['answers by chance', withResult((result) => ({ ...result, seed: calls++ })), 'the same request with the same seed has the same answer'],
  ['answers with what it does not declare', DeclaresPictures, 'what it answers is among its output modalities'],
  ['gives vectors of another length', withResult(() => vectors), 'vectors are as long as they say, one for each text'],
  ['begins what was cancelled', withModel(IgnoresTheSignal), 'a request that was cancelled before it began rejects with the reason'],
  ['rejects with an error of its own', withModel(RejectsWithItsOwnError), 'a request that was cancelled before it began rejects with the reason'],
  ['looks at the signal once', withModel(LooksAtTheSignalOnce), 'cancelling stops within one step, with the reason'],
  ['stays cancelled', withModel(StaysCancelled), 'after a request that was cancelled, the model answers as before'],
  ['mixes requests up', withModel(MixesRequestsUp), 'requests at the same time have the answers they have alone'],
  ['cancels everybody', withModel(CancelsEverybody), 'a request that is cancelled takes no other with it'],
  ['works on no request', withModel(WorksOnNothing), 'it loads, and says how it works'],
  ['loads something else', withMethods({ loadModel: async () => ({}) }), 'it loads, and says how it works'],
];

beforeEach(() => void vi.spyOn(console, 'log').mockImplementation(() => undefined));

describe('a handler fails that', () => {
  it.each(breakages)('%s', async (_breakage, handler, check) => {
    expect(await failedChecks(handler)).toContain(check);
  });
});

describe('a handler that hangs fails where it', () => {
  it.each([
    ['never ends', NeverEnds, 'a stream ends with one "done", and nothing comes behind it'],
    ['keeps its place when it is left', KeepsItsPlaceWhenLeft, 'a stream that is left early ends its work'],
  ])('%s', async (_breakage, model, check) => {
    const { failures } = await reportOf(withModel(model), {}, 200);
    expect(failures).toContainEqual(expect.objectContaining({ name: check, detail: 'The handler did not answer within 0.2 s.' }));
  });
});
