import { join } from 'node:path';
import { LlmiError, type GenerateEvent, type GenerateOptions, type GenerateRequest, type LoadedModel, type LoadedModelInfo, type LoadOptions, type ModelInfo } from '@llmi/core';
import { refuseAdapters } from '../load-options.js';
import { defaultParallel } from '../loaded-embedder.js';
import { importMedia } from '../media-library.js';
import { TextTokenizer } from '../tokenizer/text-tokenizer.js';
import { embedJoint, type JointEmbedder } from './embed-joint.js';
import { readJointSettings } from './joint-settings.js';
import { resolveJointOptions, type JointFacts } from './options.js';
import { chooseTowers, filesOf } from './tower-files.js';
import { openTowers } from './towers.js';

/** A model that reads texts and looks at pictures, in memory. */
export class LoadedJointEmbedder implements LoadedModel {
  #embedder: JointEmbedder | undefined;

  private constructor(
    readonly info: LoadedModelInfo,
    private readonly facts: JointFacts,
    private readonly loaded: JointEmbedder,
  ) {
    this.#embedder = loaded;
  }

  /** Loads `model`, whose files are in `folder`. */
  static async load(folder: string, model: ModelInfo, options: LoadOptions = {}): Promise<LoadedJointEmbedder> {
    refuseAdapters(options);
    const files = chooseTowers(model, options.quantization ?? options.dtype);
    const settings = readJointSettings(model, files);
    if (settings.plan) await importMedia();
    const padTokenId = settings.textConfig.pad_token_id;
    options.onProgress?.({ stage: 'tokenizer' });
    const tokenizer = await TextTokenizer.load(join(folder, settings.folder), { lowercase: settings.lowercase, ...(typeof padTokenId === 'number' ? { padTokenId } : {}) });
    options.onProgress?.({ stage: 'weights' });
    const towers = await openTowers(folder, files, settings.plan, options);
    const info = { device: towers.device, dtype: filesOf(files)[0]!.dtype, contextLength: settings.maxTokens, parallel: options.parallel ?? defaultParallel, threads: towers.threads };
    const facts = { texts: towers.readText !== undefined, images: towers.lookAt !== undefined, normalized: settings.normalized };
    return new LoadedJointEmbedder(info, facts, { tokenizer, towers, settings });
  }

  async *generate(request: GenerateRequest, { signal }: GenerateOptions = {}): AsyncGenerator<GenerateEvent> {
    signal?.throwIfAborted();
    if (!this.#embedder) throw new LlmiError('MODEL_DISPOSED', { message: 'This model was unloaded.', hint: 'Load it again.' });
    yield* embedJoint(this.#embedder, resolveJointOptions(request, this.facts), signal);
  }

  /** Frees the native memory and lets go of the vocabulary, whoever still holds this object. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#embedder = undefined;
    await this.loaded.towers[Symbol.asyncDispose]();
  }
}
