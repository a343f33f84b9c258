import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  BaseHandler,
  doneEvent,
  LlmiError,
  modelRequirementsSchema,
  toGigabytes,
  type Dependency,
  type GenerateEvent,
  type GenerateOptions,
  type GenerateRequest,
  type InferenceParams,
  type LoadedModel,
  type LoadedModelInfo,
  type LoadOptions,
  type ModelCapabilities,
  type ModelRequirements,
  type SystemDependency,
  type TrainingParams,
  type Validation,
} from '@llmi/core';

const fileName = 'words.json';

/** A model that says its words in turn. Tests break one thing of it at a time. */
export class SoundModel implements LoadedModel {
  readonly info: LoadedModelInfo = { device: 'cpu', parallel: 2 };
  protected disposed = false;

  constructor(
    protected readonly handler: SoundHandler,
    protected readonly words: string[],
  ) {}

  generate(request: GenerateRequest, { signal }: GenerateOptions = {}): AsyncIterable<GenerateEvent> {
    return this.say(this.handler.resolveRequest(request), signal);
  }

  protected async *say(request: GenerateRequest, signal?: AbortSignal): AsyncGenerator<GenerateEvent> {
    signal?.throwIfAborted();
    const { seed = 0 } = request;
    const [prompt, count] = this.check(request);
    let text = '';
    for (let index = 0; index < count; index++) {
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
      this.assertLoaded();
      const token = `${this.words[(index + seed) % this.words.length]} `;
      text += token;
      yield { type: 'text', token };
    }
    yield doneEvent({ type: 'text', text, finishReason: 'length', usage: { promptTokens: prompt.length, completionTokens: count, totalTokens: prompt.length + count }, seed });
  }

  protected check({ prompt, mode, maxTokens = 3 }: GenerateRequest): [prompt: string, count: number] {
    this.assertLoaded();
    if (prompt === undefined) throw new LlmiError('INPUT_INVALID', { message: 'A prompt is needed.', hint: 'Send a "prompt".', param: 'prompt' });
    if (!this.handler.getSupportedModes().includes(mode ?? 'auto')) throw new LlmiError('MODE_UNSUPPORTED', { message: `No mode "${mode}".`, hint: 'Use auto.' });
    return [prompt, maxTokens];
  }

  protected assertLoaded(): void {
    if (this.disposed) throw new LlmiError('MODEL_DISPOSED', { message: 'This model was unloaded.', hint: 'Load it again.' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disposed = true;
  }
}

export class SoundHandler extends BaseHandler {
  getDependencies(): Dependency[] {
    return [];
  }

  getSystemDependencies(): SystemDependency[] {
    return [];
  }

  async analyze(): Promise<ModelRequirements> {
    const bytes = this.model.files.reduce((sum, file) => sum + file.sizeBytes, 0);
    const memory = toGigabytes(bytes);
    return modelRequirementsSchema.parse({
      modelType: 'words',
      modelFamily: 'words',
      primaryLibrary: 'none',
      memoryRequirements: { min: memory, recommended: memory, gpuMin: 0, gpuRecommended: 0 },
      memoryParts: [{ name: 'words', bytes: memory * 1e9, derivation: `${bytes} bytes of ${fileName}, in steps of 0.01 GB` }],
      diskBytes: bytes,
    });
  }

  getInferenceParams(): InferenceParams {
    return { maxTokens: 3 };
  }

  getTrainingParams(): TrainingParams {
    return { method: 'full', learningRate: 1, batchSize: 1, gradientAccumulationSteps: 1, epochs: 1, maxSequenceLength: 2, warmupRatio: 0, weightDecay: 0 };
  }

  async validateModelFiles(path: string): Promise<Validation> {
    try {
      JSON.parse(await readFile(join(path, fileName), 'utf8'));
      return { ok: true };
    } catch {
      return { ok: false, error: `${fileName} is missing or damaged.`, hint: 'Install the model again.' };
    }
  }

  override getModelCapabilities(): ModelCapabilities {
    return { ...super.getModelCapabilities(), supportsStreaming: true, tasks: ['text-generation'] };
  }

  async loadModel(path: string, { signal }: LoadOptions = {}): Promise<LoadedModel> {
    signal?.throwIfAborted();
    return this.makeModel(await this.readWords(path));
  }

  protected makeModel(words: string[]): LoadedModel {
    return new SoundModel(this, words);
  }

  protected async readWords(path: string): Promise<string[]> {
    const missing = !(await stat(join(path, fileName)).catch(() => undefined));
    if (missing) throw new LlmiError('MODEL_FILE_MISSING', { message: `${fileName} is missing.`, hint: 'Install the model again.' });
    try {
      return JSON.parse(await readFile(join(path, fileName), 'utf8')) as string[];
    } catch (cause) {
      throw new LlmiError('MODEL_FILE_CORRUPT', { message: `${fileName} is damaged.`, hint: 'Install the model again.', cause });
    }
  }
}

/** The files of a sound package: an entry that needs nothing, a manifest, a README. */
const packageFiles = {
  'package.json': JSON.stringify({
    name: 'llmi-handler-sound',
    version: '1.0.0',
    type: 'module',
    keywords: ['llmi-handler'],
    llmi: { apiVersion: 1, handlers: [{ name: 'sound', entry: './index.js', tasks: ['text-generation'], match: { files: [fileName] } }] },
  }),
  'index.js': "export default { name: 'sound', create() {}, [Symbol.for('llmi.handler')]: true };\n",
  'README.md': '# Words in turn\n\n    npm install llmi-handler-sound\n',
  'model/words.json': JSON.stringify(['sea', 'wind', 'harbour', 'calm']),
};

/** Writes the package with some files replaced: by what is given, or by what a function makes of them. */
export function writePackage(changes: Record<string, string | ((content: string) => string)> = {}): { folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'llmi-sound-'));
  for (const [path, content] of Object.entries(packageFiles)) {
    const change = changes[path];
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), typeof change === 'function' ? change(content) : (change ?? content));
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
