import { describe, expect, it } from 'vitest';
import { BaseHandler, type InferenceParams, type TrainingParams } from './base-handler.js';
import { doneEvent, type GenerateEvent } from './generate-event.js';
import type { GenerateRequest } from './generate-request.js';
import type { LoadedModel } from './loaded-model.js';
import { modelInfoSchema, type ModelInfoInput } from './model-info.js';
import { modelRequirementsSchema } from './model-requirements.js';

/** Says every word of the prompt back. */
class EchoHandler extends BaseHandler {
  override getDependencies() {
    return [];
  }
  override getSystemDependencies() {
    return [];
  }
  override async analyze() {
    return modelRequirementsSchema.parse({
      modelType: this.modelType,
      modelFamily: this.modelFamily,
      primaryLibrary: 'none',
      memoryRequirements: { min: 1, recommended: 2, gpuMin: 1, gpuRecommended: 2 },
      diskBytes: 0,
    });
  }
  override async loadModel(): Promise<LoadedModel> {
    return {
      info: { device: 'cpu', parallel: 1 },
      generate: (request) => echo(request),
      [Symbol.asyncDispose]: async () => {},
    };
  }
  override getInferenceParams(): InferenceParams {
    return { temperature: 0.7, maxTokens: 10 };
  }
  override getTrainingParams(): TrainingParams {
    return { method: 'full', learningRate: 1e-4, batchSize: 1, gradientAccumulationSteps: 1, epochs: 1, maxSequenceLength: 1, warmupRatio: 0, weightDecay: 0 };
  }
  override async validateModelFiles() {
    return { ok: true as const };
  }
  override getModeDescriptions() {
    return { auto: 'Echo.', loud: 'Echo at a higher temperature.' };
  }
  override applyModeSettings(mode: string, settings: InferenceParams) {
    return mode === 'loud' ? { temperature: 1.5, ...settings } : settings;
  }
}

async function* echo(request: GenerateRequest): AsyncGenerator<GenerateEvent> {
  const words = (request.prompt ?? '').split(' ');
  for (const token of words) yield { type: 'text', token };
  const usage = { promptTokens: words.length, completionTokens: words.length, totalTokens: 2 * words.length };
  yield doneEvent({ type: 'text', text: words.join(' '), finishReason: 'stop', usage });
}

const make = (extra: Partial<ModelInfoInput> = {}) => new EchoHandler(modelInfoSchema.parse({ id: 'org/name-7b', source: 'hub', files: [], ...extra }));

describe('BaseHandler', () => {
  it('answers with the model it loaded last', async () => {
    const handler = make();
    await handler.loadModel();
    expect(await handler.generateText({ prompt: 'a b' })).toMatchObject({ text: 'a b', usage: { totalTokens: 4 } });
    const events = [];
    for await (const event of handler.generateStream({ prompt: 'a b' })) events.push(event.type);
    expect(events).toEqual(['text', 'text', 'done']);
  });

  it('says so when nothing is loaded, or the model makes something else', async () => {
    const handler = make();
    await expect(handler.generateText({ prompt: 'a' })).rejects.toMatchObject({ code: 'MODEL_NOT_LOADED' });
    await handler.loadModel();
    await expect(handler.embedText({ prompt: 'a' })).rejects.toMatchObject({ code: 'TASK_UNSUPPORTED' });
    await expect(handler.generateText({ prompt: 5 } as never)).rejects.toMatchObject({ code: 'INPUT_INVALID', param: 'prompt' });
  });

  it('fills in defaults: the request before the mode before the model', () => {
    const handler = make();
    expect(handler.resolveRequest({ prompt: 'a' })).toEqual({ prompt: 'a', temperature: 0.7, maxTokens: 10, mode: 'auto' });
    expect(handler.resolveRequest({ mode: 'loud' })).toMatchObject({ temperature: 1.5 });
    expect(handler.resolveRequest({ mode: 'loud', temperature: 0, maxTokens: undefined })).toMatchObject({ temperature: 0, maxTokens: 10 });
  });

  it('refuses unknown fields, modes and tasks before the model sees them', () => {
    const handler = make({ pipelineTag: 'text-generation' });
    expect(handler.validateInputs({ prompt: 'a', mode: 'loud', task: 'text-generation' })).toEqual({ ok: true });
    expect(handler.validateInputs({ promptt: 'a' })).toMatchObject({ ok: false, param: 'promptt' });
    expect(handler.validateInputs({ mode: 'quiet' })).toMatchObject({ ok: false, code: 'MODE_UNSUPPORTED', param: 'mode', hint: 'Use one of: auto, loud.' });
    expect(handler.validateInputs({}, 'image-to-text')).toMatchObject({ ok: false, code: 'TASK_UNSUPPORTED', param: 'task', hint: 'It can do: text-generation.' });
  });

  it('takes the size from the files, and from the name only as a last resort', () => {
    expect(make({ files: [{ path: 'model.safetensors', sizeBytes: 3e9 }] }).estimateModelSize()).toEqual({ gigabytes: 3, source: 'files' });
    expect(make().estimateModelSize()).toEqual({ gigabytes: 14, source: 'name' });
    expect(make({ id: 'org/name' }).estimateModelSize()).toEqual({ gigabytes: 0, source: 'unknown' });
  });

  it('prefers the fastest device there is', () => {
    expect(make().getOptimalDevice(['cpu', 'vulkan', 'cuda:0'])).toBe('cuda');
    expect(make().getOptimalDevice([])).toBe('cpu');
  });
});
