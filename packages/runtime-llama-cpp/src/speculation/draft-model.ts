import { basename } from 'node:path';
import { LlmiError } from '@llmi/core';
import type { LlamaContext, LlamaContextSequence, LlamaModel as NativeModel, Token } from 'node-llama-cpp';
import type { OpenLlama } from '../llama-library.js';
import { checkParts } from '../model-parts.js';
import { keepPrefix } from '../sequence-pool.js';
import type { Drafter } from './drafter.js';

/** Tokens to guess at first; changed by how many were right. */
const firstGuesses = 4;
const fewestGuesses = 1;
const mostGuesses = 12;
/** A guess that the draft model itself doubts ends the draft. */
const leastConfidence = 0.4;

interface DraftSettings {
  target: NativeModel;
  open: OpenLlama;
  contextLength: number;
  parallel: number;
  threads: number;
  signal: AbortSignal | undefined;
}

/** A small model that guesses what a large one will say, with a sequence for each of the large one's. */
export class DraftModel implements AsyncDisposable {
  private constructor(
    private readonly model: NativeModel,
    private readonly context: LlamaContext,
    private readonly sequences: readonly LlamaContextSequence[],
  ) {}

  /** @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT, INPUT_INVALID for another vocabulary */
  static async load(path: string, { target, open, contextLength, parallel, threads, signal }: DraftSettings): Promise<DraftModel> {
    await checkParts(path);
    const isCpu = open.device === 'cpu';
    const model = await open.llama.loadModel({ modelPath: path, gpuLayers: isCpu ? 0 : 'auto', ignoreMemorySafetyChecks: isCpu, loadSignal: signal });
    try {
      checkVocabulary(model, target, basename(path));
      const contextSize = Math.min(contextLength, model.trainContextSize);
      const context = await model.createContext({ contextSize, sequences: parallel, threads, ignoreMemorySafetyChecks: isCpu, createSignal: signal });
      return new DraftModel(model, context, Array.from({ length: parallel }, () => context.getSequence({ checkpoints: { max: 0, interval: false } })));
    } catch (error) {
      await model.dispose();
      throw error;
    }
  }

  /** Guesses for the sequence of this number. */
  drafter(index: number): Drafter {
    const sequence = this.sequences[index]!;
    let guesses = firstGuesses;
    return {
      draft: (tokens, most) => guess(sequence, tokens, Math.min(most, guesses)),
      judge: (drafted, accepted) => {
        if (drafted === 0) return;
        guesses = accepted === drafted ? Math.min(mostGuesses, guesses + 2) : Math.max(fewestGuesses, Math.ceil((guesses + accepted) / 2));
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.dispose();
    await this.model.dispose();
  }
}

async function guess(sequence: LlamaContextSequence, tokens: readonly Token[], most: number): Promise<Token[]> {
  if (tokens.length + most >= sequence.contextSize - 1) return [];
  const held = await keepPrefix(sequence, tokens);
  const guesses: Token[] = [];
  for await (const { token, confidence } of sequence.evaluateWithMetadata(tokens.slice(held), { confidence: true }, { temperature: 0 })) {
    if (guesses.length > 0 && confidence < leastConfidence) break;
    guesses.push(token);
    if (guesses.length >= most) break;
  }
  return guesses;
}

/** Ids must mean the same in both models. */
function checkVocabulary(draft: NativeModel, target: NativeModel, name: string): void {
  const [own, other] = [draft, target].map((model) => model.fileInfo.metadata.tokenizer?.ggml?.tokens ?? []);
  const differs = own!.length === 0 || own!.length !== other!.length || own!.some((token, id) => token !== other![id]);
  if (!differs) return;
  throw new LlmiError('INPUT_INVALID', {
    message: `The draft model ${name} has another vocabulary than the model it is to guess for.`,
    hint: 'Use a smaller model of the same family.',
    param: 'draft',
  });
}
