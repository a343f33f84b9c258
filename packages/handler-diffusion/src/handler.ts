import {
  BaseHandler,
  generateRequestSchema,
  LlmiError,
  parseInput,
  type Dependency,
  type InferenceParams,
  type ModelCapabilities,
  type ModelRequirements,
  type QuantizationOption,
  type SystemDependency,
  type TrainingParams,
  type Validation,
} from '@llmi/core';
import { readModelFolder } from '@llmi/runtime-onnx';
import { componentFiles } from './components/component-files.js';
import { describeModel, modesOf, tasksOf, type ModelFacts } from './describe-model.js';
import { folderLayout } from './folder-layout.js';
import { LoadedDiffusionModel, type DiffusionLoadOptions } from './loaded-diffusion-model.js';
import { formatNotes } from './requirements/format-notes.js';
import { deriveRequirements } from './requirements/derive-requirements.js';
import { resolveRequest } from './resolve-request.js';
import { systemDependencies } from './system-dependencies.js';
import { validateFiles } from './validate-files.js';

/** Words, and pictures, to pictures and films, with diffusers repositories in ONNX format. */
export class DiffusionHandler extends BaseHandler implements AsyncDisposable {
  readonly #loaded = new Set<LoadedDiffusionModel>();

  override get modelFamily(): string {
    return this.#facts()?.family.name ?? this.modelType;
  }

  /** Nothing beyond the handler's own dependencies. */
  getDependencies(): Dependency[] {
    return [];
  }

  getSystemDependencies(): SystemDependency[] {
    return systemDependencies(this.#facts()?.makesFilms ?? false);
  }

  async analyze(): Promise<ModelRequirements> {
    return deriveRequirements(this.model);
  }

  /** @throws {LlmiError} MODEL_NOT_FOUND, MODEL_FILE_MISSING, MODEL_FILE_CORRUPT, MODEL_FILE_REFUSED, MODEL_FORMAT_UNSUPPORTED, FILE_CHOICE_EMPTY, MODEL_LOAD_FAILED */
  async loadModel(path: string, options?: DiffusionLoadOptions): Promise<LoadedDiffusionModel> {
    const found = await readModelFolder(path, folderLayout);
    const loaded = await LoadedDiffusionModel.load(path, { ...this.model, files: found.files, json: found.json }, options);
    this.#loaded.add(loaded);
    return loaded;
  }

  getInferenceParams(): InferenceParams {
    const facts = this.#facts();
    if (!facts) return {};
    const { numInferenceSteps, guidanceScale, width, height, numFrames, frameRate } = facts.defaults;
    const film = facts.makesFilms ? { numFrames, fps: frameRate } : {};
    // A picture that is given says its size itself.
    return { numInferenceSteps, guidanceScale, ...(facts.modes.includes('text-to-image') || facts.makesFilms ? { width, height } : {}), ...film };
  }

  /** Source: the LoRA training examples of diffusers, train_text_to_image_lora.py. */
  getTrainingParams(): TrainingParams {
    return {
      method: 'lora',
      learningRate: 1e-4,
      batchSize: 1,
      gradientAccumulationSteps: 4,
      epochs: 100,
      maxSequenceLength: 77, // tokens of a caption
      loraRank: 16,
      loraAlpha: 16,
      loraDropout: 0,
      loraTargetModules: ['to_k', 'to_q', 'to_v', 'to_out.0'],
      warmupRatio: 0,
      weightDecay: 1e-2,
    };
  }

  async validateModelFiles(path: string): Promise<Validation> {
    return validateFiles(this.model, path);
  }

  override getModeDescriptions(): Record<string, string> {
    const facts = this.#facts();
    return facts ? modesOf(facts) : super.getModeDescriptions();
  }

  override getInstallationNotes(): Record<string, string> {
    const facts = this.#facts();
    const hasChecker = this.model.files.some(({ path }) => path.startsWith('safety_checker/'));
    const checked = componentFiles(this.model).some(({ component }) => component === 'safety_checker');
    return {
      ...formatNotes(this.model),
      ...(facts?.makesFilms ? { films: 'Films come as animated WebP or GIF; MP4 needs the program ffmpeg.' } : {}),
      ...(hasChecker && !checked ? { safety: 'The safety checker of this repository is not in ONNX format, so pictures are not checked.' } : {}),
    };
  }

  /** The ONNX Runtime that npm installs brings its CPU library; others are taken only when they are asked for. */
  override getOptimalDevice(): string {
    return 'cpu';
  }

  override validateInputs(inputs: unknown, task?: string): Validation {
    const general = super.validateInputs(inputs, task);
    if (!general.ok) return general;
    try {
      const facts = this.#facts();
      if (facts) resolveRequest(parseInput(generateRequestSchema, inputs), facts);
      return { ok: true };
    } catch (error) {
      const { code, message, hint, param } = LlmiError.from(error);
      return { ok: false, error: message, hint, param, code };
    }
  }

  override getModelCapabilities(): ModelCapabilities {
    const facts = this.#facts();
    const takesPictures = facts?.hasControlNet || facts?.modes.some((mode) => !mode.startsWith('text-to-'));
    return {
      ...super.getModelCapabilities(),
      supportsStreaming: true,
      inputModalities: takesPictures ? ['text', 'image'] : ['text'],
      outputModalities: [facts?.makesFilms ? 'video' : 'image'],
      ...(facts ? { tasks: tasksOf(facts) } : {}),
    };
  }

  override getQuantizationOptions(): QuantizationOption[] {
    const files = componentFiles(this.model, this.model.files);
    return [...new Set(files.map(({ dtype }) => dtype))].map((name) => {
      const own = files.filter(({ dtype }) => dtype === name);
      const bytes = own.reduce((sum, file) => sum + file.bytes, 0);
      return { name, diskBytes: bytes, memoryBytes: bytes, files: own.map(({ path }) => path) };
    });
  }

  /** Frees every model that this handler loaded. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#loaded].map((loaded) => loaded[Symbol.asyncDispose]()));
    this.#loaded.clear();
  }

  /** Undefined for a pipeline that cannot be run: loading it says so. */
  #facts(): ModelFacts | undefined {
    try {
      return describeModel(this.model);
    } catch {
      return undefined;
    }
  }
}
