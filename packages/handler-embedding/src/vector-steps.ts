import { join } from 'node:path';
import { LlmiError } from '@llmi/core';
import { activationOf, activations } from './activations.js';
import type { VectorStep } from './modules.js';
import { normalize } from './pooling.js';
import { readSafetensors } from './safetensors.js';

/** A step on one sentence vector, its weights in memory. */
export type LoadedStep = (vector: Float32Array) => Float32Array;

/** torch.nn.LayerNorm's default. */
const layerNormEpsilon = 1e-5;

/** Reads the weights of the steps after pooling. @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT, MODEL_FORMAT_UNSUPPORTED */
export async function loadSteps(modelFolder: string, steps: readonly VectorStep[]): Promise<LoadedStep[]> {
  return Promise.all(
    steps.map(async (step): Promise<LoadedStep> => {
      if (step.type === 'normalize') return normalize;
      return step.type === 'dense' ? loadDense(modelFolder, step) : loadLayerNorm(modelFolder, step.folder);
    }),
  );
}

/** activation(W x + b), W being [out, in]; with a residual, plus x itself or x through a second matrix. */
async function loadDense(modelFolder: string, step: Extract<VectorStep, { type: 'dense' }>): Promise<LoadedStep> {
  const activation = activationOf(step.activation);
  if (!activation) {
    throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
      message: `The Dense module of this model has the activation ${step.activation}, which llmi does not know.`,
      hint: `Supported are: ${Object.keys(activations).join(', ')}.`,
    });
  }
  const path = join(modelFolder, step.folder, 'model.safetensors');
  const { 'linear.weight': weight, 'linear.bias': bias, 'residual.weight': residual } = await readSafetensors(path, ['linear.weight', 'linear.bias', 'residual.weight']);
  if (!weight || weight.length % step.outFeatures !== 0) throw damaged(step.folder);
  return (vector) => {
    const output = linear(weight, vector, step.outFeatures, step.folder);
    const added = step.residual ? (residual ? linear(residual, vector, step.outFeatures, step.folder) : vector) : undefined;
    return output.map((value, row) => activation(value + (bias?.[row] ?? 0)) + (added?.[row] ?? 0));
  };
}

function linear(weight: Float32Array, vector: Float32Array, rows: number, folder: string): Float32Array {
  if (weight.length !== rows * vector.length) throw damaged(folder);
  const output = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let column = 0; column < vector.length; column++) sum += weight[row * vector.length + column]! * vector[column]!;
    output[row] = sum;
  }
  return output;
}

async function loadLayerNorm(modelFolder: string, folder: string): Promise<LoadedStep> {
  const path = join(modelFolder, folder, 'model.safetensors');
  const { 'norm.weight': scale, 'norm.bias': shift } = await readSafetensors(path, ['norm.weight', 'norm.bias']);
  if (!scale || !shift) throw damaged(folder);
  return (vector) => {
    if (scale.length !== vector.length) throw damaged(folder);
    const mean = vector.reduce((sum, value) => sum + value, 0) / vector.length;
    const variance = vector.reduce((sum, value) => sum + (value - mean) ** 2, 0) / vector.length;
    return vector.map((value, index) => ((value - mean) / Math.sqrt(variance + layerNormEpsilon)) * scale[index]! + shift[index]!);
  };
}

function damaged(folder: string): LlmiError {
  return new LlmiError('MODEL_FILE_CORRUPT', {
    message: `The weights in ${folder}/model.safetensors do not fit the model.`,
    hint: 'Install the model again; if that does not help, its author uploaded a broken file.',
  });
}
