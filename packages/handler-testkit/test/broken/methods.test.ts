import type { ModelRequirements, Validation } from '@llmi/core';
import { describe, expect, it } from 'vitest';
import { failedChecks, withAnalysis, withMethods, withWords, type HandlerClass } from '../support/broken.js';
import { SoundHandler } from '../support/sound-handler.js';

let calls = 0;

class ChangesFacts extends SoundHandler {
  override getInferenceParams() {
    this.model.tags.push('mine');
    return {};
  }
}

class AnalyzesByChance extends SoundHandler {
  override async analyze(): Promise<ModelRequirements> {
    return { ...(await super.analyze()), diskBytes: 1000 + calls++ };
  }
}

class IgnoresTheSignal extends SoundHandler {
  override loadModel(path: string) {
    return super.loadModel(path, {});
  }
}

class SaysOnlyNo extends SoundHandler {
  override validateInputs(inputs: unknown): Validation {
    return super.validateInputs(inputs).ok ? { ok: true } : { ok: false, error: 'No.' };
  }
}

class AcceptsAnyNumber extends SoundHandler {
  override validateInputs(inputs: unknown): Validation {
    return super.validateInputs(typeof inputs === 'object' && inputs !== null ? { prompt: 'the' } : inputs);
  }
}

class RefusesItsMode extends SoundHandler {
  override getModeDescriptions() {
    return { auto: 'In turn.', shout: 'Loud.' };
  }

  override applyModeSettings(mode: string, settings: object) {
    if (mode === 'shout' && !('temperature' in settings)) return { maxTokens: 0 };
    return settings;
  }
}

const options = [{ name: 'a', diskBytes: 1, memoryBytes: 9, files: [] }, { name: 'b', diskBytes: 2, memoryBytes: 3, files: [] }];

const breakages: [breakage: string, handler: HandlerClass, check: string][] = [
  ['lacks a method', withMethods({ getTrainingParams: undefined }), 'create() makes a BaseHandler of the model'],
  ['changes the facts it gets', ChangesFacts, 'the facts it gets stay as they are'],
  ['depends on nonsense', withMethods({ getDependencies: () => ['a-package'] }), 'getDependencies() and getSystemDependencies() are lists of the contract'],
  ['has defaults that are no request', withMethods({ getInferenceParams: () => ({ maxTokens: 0 }) }), 'getInferenceParams() are request fields that it accepts'],
  ['cannot be trained', withMethods({ getTrainingParams: () => ({ method: 'lora' }) }), 'getTrainingParams() can be trained with'],
  ['has capabilities of no contract', withMethods({ getModelCapabilities: () => ({ tasks: [], outputModalities: ['smell'] }) }), 'getModelCapabilities() is of the contract'],
  ['wants a device that is not there', withMethods({ getOptimalDevice: () => 'quantum' }), 'getOptimalDevice() chooses among the devices there are'],
  ['has empty notes', withMethods({ getInstallationNotes: () => ({ gpu: '' }) }), 'getInstallationNotes() are notes by subject'],
  ['analyzes by chance', AnalyzesByChance, 'analyze() gives requirements of the contract, the same each time'],
  ['recommends less than the minimum', withAnalysis(({ memoryRequirements }) => (memoryRequirements.min = 99)), 'its figures are sane, and say where they come from'],
  ['does not say what memory is for', withAnalysis(({ memoryParts }) => memoryParts.splice(0)), 'its figures are sane, and say where they come from'],
  ['needs the same whatever the model', withAnalysis(({ memoryRequirements }) => Object.assign(memoryRequirements, { min: 1, recommended: 1 })), 'a larger model needs no less'],
  ['does not know its size', withMethods({ estimateModelSize: () => ({ gigabytes: Number.NaN, source: 'name' }) }), 'estimateModelSize() says its size and where that is from'],
  ['has smaller files that need more', withMethods({ getQuantizationOptions: () => options }), 'getQuantizationOptions() are larger in memory where they are larger on disk'],
  ['finds fault with good files', withMethods({ validateModelFiles: async () => ({ ok: false, error: 'No.' }) }), 'validateModelFiles() finds nothing wrong with the model'],
  ['finds no fault with bad files', withMethods({ validateModelFiles: async () => ({ ok: true }) }), 'validateModelFiles() names a file that is missing, and one that is cut off'],
  ['loads from an empty folder', withWords(async () => ['sea']), 'a folder without the model is refused with a typed error'],
  ['throws what a library throws', withWords(async (read) => read().catch((error: Error) => Promise.reject(new Error(error.message)))), 'a damaged model is refused with a typed error, and the next one loads'],
  ['loads on when it was cancelled', IgnoresTheSignal, 'loading that was cancelled rejects with the reason'],
  ['has no mode "auto"', withMethods({ getModeDescriptions: () => ({ complete: 'Goes on.' }) }), 'its modes are described, "auto" among them'],
  ['has a mode that asks for nonsense', RefusesItsMode, 'a mode fills in request fields, and never replaces what was asked for'],
  ['has a mode that knows better', withMethods({ applyModeSettings: () => ({ temperature: 1 }) }), 'a mode fills in request fields, and never replaces what was asked for'],
  ['takes any mode', withMethods({ validateInputs: () => ({ ok: true }) }), 'an unknown mode or task is refused by name'],
  ['refuses its own requests', withMethods({ validateInputs: () => ({ ok: false, error: 'No.' }) }), 'validateInputs() accepts the requests, also after a way over the wire'],
  ['throws where it should say no', withMethods({ validateInputs: (inputs: object) => ({ ok: Object.keys(inputs).length > 0 }) }), 'validateInputs() refuses what is no request, without throwing'],
  ['does not name the bad field', SaysOnlyNo, 'validateInputs() names the field that is wrong'],
  ['accepts any number', AcceptsAnyNumber, 'values that no model can mean are refused'],
  ['generates before it is loaded', withMethods({ generateText: async () => ({ type: 'text', text: '' }) }), 'a method before loading, and one for another kind of answer, fail with typed errors'],
];

describe('a handler fails that', () => {
  it.each(breakages)('%s', async (_breakage, handler, check) => {
    expect(await failedChecks(handler)).toContain(check);
  });
});
