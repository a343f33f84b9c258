import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BaseHandler, chosenFiles, defineHandler, doneEvent, LlmiError, modelRequirementsSchema, toGigabytes } from '@llmi/core';

/** The model: for each word, how often each other word follows it. */
const fileName = 'markov.json';

class MarkovHandler extends BaseHandler {
  getDependencies() {
    return [];
  }

  getSystemDependencies() {
    return [];
  }

  async analyze() {
    const bytes = chosenFiles(this.model).reduce((sum, file) => sum + file.sizeBytes, 0);
    const memory = toGigabytes(bytes * 10); // a parsed object takes about ten times its text
    return modelRequirementsSchema.parse({
      modelType: 'markov',
      modelFamily: 'markov',
      primaryLibrary: 'none',
      memoryRequirements: { min: memory, recommended: memory, gpuMin: 0, gpuRecommended: 0 },
      memoryParts: [{ name: 'table', bytes: bytes * 10, derivation: `10 x ${bytes} bytes of ${fileName}` }],
      diskBytes: bytes,
    });
  }

  getInferenceParams() {
    return { maxTokens: 20 };
  }

  getTrainingParams() {
    return { method: 'full', learningRate: 1, batchSize: 1, gradientAccumulationSteps: 1, epochs: 1, maxSequenceLength: 2, warmupRatio: 0, weightDecay: 0 };
  }

  async validateModelFiles(path) {
    try {
      await readTable(path);
      return { ok: true };
    } catch (error) {
      return { ok: false, error: error.message, hint: error.hint };
    }
  }

  getModeDescriptions() {
    return { auto: 'The same as complete.', complete: 'Goes on from the last word of the prompt.' };
  }

  getModelCapabilities() {
    return { ...super.getModelCapabilities(), supportsStreaming: true, tasks: ['text-generation'] };
  }

  validateInputs(inputs, task) {
    const general = super.validateInputs(inputs, task);
    if (!general.ok || inputs.prompt !== undefined) return general;
    return { ok: false, error: 'A prompt is needed.', hint: 'Send a "prompt".', param: 'prompt', code: 'INPUT_INVALID' };
  }

  async loadModel(path, { signal } = {}) {
    signal?.throwIfAborted();
    return new LoadedMarkov(this, await readTable(path));
  }
}

/** A model in memory. */
class LoadedMarkov {
  info = { device: 'cpu', parallel: 16 }; // requests at the same time; more wait in llmi's queue
  #handler;
  #table;

  constructor(handler, table) {
    this.#handler = handler;
    this.#table = table;
  }

  async *generate(request, { signal } = {}) {
    const table = this.#table;
    if (!table) throw new LlmiError('MODEL_DISPOSED', { message: 'This model was unloaded.', hint: 'Load it again.' });
    const verdict = this.#handler.validateInputs(request);
    if (!verdict.ok) throw new LlmiError(verdict.code, { message: verdict.error, hint: verdict.hint, param: verdict.param });
    const { prompt, maxTokens, seed = Math.floor(Math.random() * 2 ** 31) } = this.#handler.resolveRequest(request);
    const random = randomNumbers(seed);
    const words = prompt.trim().split(/\s+/);
    let word = words.at(-1).toLowerCase();
    let text = '';
    let count = 0;
    signal?.throwIfAborted();
    for (; count < maxTokens && Object.hasOwn(table, word); count++) {
      word = choose(table[word], random());
      const token = ` ${word}`;
      text += token;
      yield { type: 'text', token };
      signal?.throwIfAborted();
    }
    const usage = { promptTokens: words.length, completionTokens: count, totalTokens: words.length + count };
    yield doneEvent({ type: 'text', text, finishReason: Object.hasOwn(table, word) ? 'length' : 'stop', usage, seed });
  }

  /** Gives back what it holds; with a native library, its memory outside JavaScript's heap. */
  async [Symbol.asyncDispose]() {
    this.#table = undefined;
  }
}

async function readTable(path) {
  try {
    return JSON.parse(await readFile(join(path, fileName), 'utf8'));
  } catch (cause) {
    const isMissing = cause.code === 'ENOENT';
    throw new LlmiError(isMissing ? 'MODEL_FILE_MISSING' : 'MODEL_FILE_CORRUPT', {
      message: `${fileName} ${isMissing ? 'is missing' : 'cannot be read'}.`,
      hint: 'Install the model again.',
      cause,
    });
  }
}

/** A word, as often as its count says. `random` is from 0 up to 1. */
function choose(counts, random) {
  const entries = Object.entries(counts);
  let rest = random * entries.reduce((sum, [, count]) => sum + count, 0);
  return entries.find(([, count]) => (rest -= count) < 0)[0];
}

/** Numbers from 0 up to 1, the same for the same seed. Source: mulberry32, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

export default defineHandler({ name: 'markov', create: (model) => new MarkovHandler(model) });
