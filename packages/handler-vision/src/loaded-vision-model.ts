import { join } from 'node:path';
import { LlmiError, type GenerateEvent, type GenerateOptions, type GenerateRequest, type LoadedModel, type LoadedModelInfo, type LoadOptions, type ModelInfo } from '@llmi/core';
import { OnnxSession } from '@llmi/runtime-onnx';
import { taskOfGraph, tasksOf, type VisionTaskName } from './find-tasks.js';
import { readLabelNames } from './label-names.js';
import { look, type Looker } from './look.js';
import { modesOf } from './modes.js';
import { chooseOnnx, companionOf } from './onnx-files.js';
import { resolveRequest, type VisionFacts } from './options.js';
import { choosePlan } from './preprocess/choose-plan.js';
import { forYolox } from './preprocess/yolox-numbers.js';
import { taskFactories } from './tasks/create-task.js';
import { VisionGraph } from './vision-graph.js';

/** Requests whose batches take turns on the one session; more would only wait longer. */
const defaultParallel = 4;

/** A vision model in memory. */
export class LoadedVisionModel implements LoadedModel {
  #lookers: Map<VisionTaskName, Looker> | undefined;

  private constructor(
    readonly info: LoadedModelInfo,
    private readonly facts: VisionFacts,
    lookers: Map<VisionTaskName, Looker>,
    private readonly sessions: readonly OnnxSession[],
  ) {
    this.#lookers = lookers;
  }

  /** Loads `model`, whose files are in `folder`. */
  static async load(folder: string, model: ModelInfo, options: LoadOptions = {}): Promise<LoadedVisionModel> {
    const { signal, onProgress } = options;
    if (options.loras && options.loras.length > 0) throw noAdapters();
    const file = chooseOnnx(model, options.quantization ?? options.dtype);
    onProgress?.({ stage: 'weights' });
    const sessions: OnnxSession[] = [];
    const open = async ({ path }: { path: string }) => {
      const opened = await OnnxSession.load(join(folder, path), { device: options.device, threads: options.threads, signal });
      sessions.push(opened);
      return opened;
    };
    const session = await open(file);
    try {
      const tasks = tasksOf(model) ?? [taskOfGraph(session.inputs, session.outputs)];
      const graph = new VisionGraph(session);
      const labels = await readLabelNames(model, folder);
      const lookers = new Map<VisionTaskName, Looker>();
      for (const task of usableTasks(tasks, graph)) {
        const plan = forYolox(choosePlan(model, task, graph.input), model, graph);
        lookers.set(task, { graph, plan, task: await taskFactories[task]({ model, graph, folder, labels, open: (stem) => open(companionOf(file, model, stem)) }) });
      }
      const found = [...lookers.keys()];
      const info = { device: session.device, dtype: file.dtype, parallel: options.parallel ?? defaultParallel, threads: session.threads };
      return new LoadedVisionModel(info, { tasks: found, modes: Object.keys(modesOf(model, found)) }, lookers, sessions);
    } catch (error) {
      await Promise.all(sessions.map((opened) => opened[Symbol.asyncDispose]()));
      throw error;
    }
  }

  async *generate(request: GenerateRequest, { signal }: GenerateOptions = {}): AsyncGenerator<GenerateEvent> {
    signal?.throwIfAborted();
    const lookers = this.#lookers;
    if (!lookers) throw new LlmiError('MODEL_DISPOSED', { message: 'This model was unloaded.', hint: 'Load it again.' });
    const resolved = resolveRequest(request, this.facts);
    yield* look(lookers.get(resolved.task)!, resolved, signal);
  }

  /** Frees the native memory. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#lookers = undefined;
    await Promise.all(this.sessions.map((session) => session[Symbol.asyncDispose]()));
  }
}

/** A picture tower without the texts of its model gives features, and nothing to compare them with. */
function usableTasks(tasks: readonly VisionTaskName[], graph: VisionGraph): VisionTaskName[] {
  if (tasks[0] !== 'zero-shot-image-classification' || graph.outputNames.includes('logits_per_image')) return [...tasks];
  return ['image-feature-extraction'];
}

function noAdapters(): LlmiError {
  return new LlmiError('INPUT_UNSUPPORTED', { message: 'Adapters cannot be applied to a model in ONNX format.', hint: 'Merge the adapter into the model, and export it to ONNX.', param: 'loras' });
}
