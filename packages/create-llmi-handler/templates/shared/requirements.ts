import { chosenFiles, modelRequirementsSchema, toGigabytes, type ModelInfo, type ModelRequirements } from '@llmi/core';

/** What the runtime takes whatever the model: measured, not guessed, once you know it. */
const runtimeBytes = 50e6;

/** Memory for the weights as they are in their files, and for the runtime. Add what grows with the input: activations, a KV cache. */
export function deriveRequirements(model: ModelInfo): ModelRequirements {
  const weightBytes = chosenFiles(model).reduce((sum, file) => sum + file.sizeBytes, 0);
  const memory = toGigabytes(weightBytes + runtimeBytes);
  return modelRequirementsSchema.parse({
    modelType: model.modelType ?? 'my-model',
    modelFamily: 'my-model',
    primaryLibrary: 'my-library',
    memoryRequirements: { min: memory, recommended: memory, gpuMin: 0, gpuRecommended: 0 },
    memoryParts: [
      { name: 'weights', bytes: weightBytes, derivation: `${weightBytes} bytes of its files` },
      { name: 'runtime', bytes: runtimeBytes, derivation: 'what the runtime takes whatever the model' },
    ],
    diskBytes: weightBytes,
  });
}
