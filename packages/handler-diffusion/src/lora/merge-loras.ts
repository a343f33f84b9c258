import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { LlmiError } from '@llmi/core';
import { checkOnnxFile } from '@llmi/runtime-onnx';
import { fromHalf, toHalf } from '../components/half-precision.js';
import { addProduct, transpose } from './add-product.js';
import { findLoraFile, readLoraPairs, someOf, type LoraPair } from './lora-file.js';
import type { ModuleName } from './module-names.js';
import { readOnnxWeights, type OnnxWeight } from './onnx-weights.js';
import { SafetensorsFile } from './safetensors-file.js';

export interface Lora {
  /** A .safetensors file, or the folder that it lies in. */
  path: string;
  /** How much of it to add; default 1. */
  scale?: number;
}

export interface MergeOptions {
  /** Residual layers in a block of the UNet, of its config.json; default 2. Adapters of kohya for SDXL count by them. */
  layersPerBlock?: number;
  /** Where the merged copy is made; default: the system's folder for temporary files. */
  temporaryFolder?: string;
  signal?: AbortSignal;
}

/** One thing to add to a weight. */
interface Addition {
  pair: LoraPair;
  file: SafetensorsFile;
  scale: number;
}

/** Graphs with adapters merged into them; disposing of it removes the files. */
export class MergedLoras implements AsyncDisposable {
  constructor(
    private readonly folder: string,
    /** Paths of .onnx files by the names of the parts that they take the place of. */
    readonly replacements: Readonly<Record<string, string>>,
  ) {}

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/**
 * Merges LoRA adapters into copies of the graphs that they are for: `W + scale x alpha / rank x up x down` for every weight they name.
 * The model's own files stay as they are. One weight at a time is in memory.
 * @param parts paths of the .onnx files by name: unet or transformer, text_encoder, text_encoder_2 ...
 * @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT, MODEL_FORMAT_UNSUPPORTED naming what the graphs do not have
 */
export async function mergeLoras(parts: Readonly<Record<string, string>>, loras: readonly Lora[], { layersPerBlock = 2, temporaryFolder = tmpdir(), signal }: MergeOptions = {}): Promise<MergedLoras> {
  const files: SafetensorsFile[] = [];
  const folder = await mkdtemp(join(temporaryFolder, 'llmi-lora-'));
  try {
    const additions: Addition[] = [];
    for (const { path, scale = 1 } of loras) {
      const file = await SafetensorsFile.open(await findLoraFile(path));
      files.push(file);
      for (const pair of await readLoraPairs(file, layersPerBlock)) additions.push({ pair, file, scale });
    }
    const replacements: Record<string, string> = {};
    for (const [part, own] of groupBy(additions, ({ pair }) => partFor(pair, parts))) {
      signal?.throwIfAborted();
      const original = parts[part];
      if (original === undefined) throw unmatched(`The model has no part "${part}"`, own);
      replacements[part] = await mergeInto(original, join(folder, part), own, signal);
    }
    return new MergedLoras(folder, replacements);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  } finally {
    for (const file of files) await file[Symbol.asyncDispose]();
  }
}

const partFor = ({ component }: ModuleName, parts: Readonly<Record<string, string>>) => (component !== 'denoiser' ? component : 'transformer' in parts ? 'transformer' : 'unet');

async function mergeInto(original: string, folder: string, additions: readonly Addition[], signal?: AbortSignal): Promise<string> {
  const external = await checkOnnxFile(original);
  const weights = await readOnnxWeights(original);
  const missing = additions.filter(({ pair }) => !weights.has(pair.module));
  if (missing.length > 0) throw unmatched('The graph has no weights', missing);
  const quantized = additions.filter(({ pair }) => weights.get(pair.module)!.dtype === undefined);
  if (quantized.length > 0) throw unmatched('The graph has quantized weights', quantized, 'Load the model in float32 or float16 to use an adapter.');
  const shared = additions.filter(({ pair }) => weights.get(pair.module)!.uses > 1);
  if (shared.length > 0) throw unmatched('The graph shares weights with other modules', shared);

  const copy = join(folder, basename(original));
  await copyInto(original, copy);
  for (const { location } of external) await copyInto(join(dirname(original), location), join(folder, location));
  for (const [path, own] of groupBy(additions, ({ pair }) => join(folder, weights.get(pair.module)!.location ?? basename(original)))) {
    const handle = await open(path, 'r+');
    try {
      for (const [module, toWeight] of groupBy(own, ({ pair }) => pair.module)) {
        signal?.throwIfAborted();
        await changeWeight(handle, weights.get(module)!, toWeight);
      }
    } finally {
      await handle.close();
    }
  }
  return copy;
}

/** Shares the blocks of the original where the file system can. */
async function copyInto(from: string, into: string): Promise<void> {
  await mkdir(dirname(into), { recursive: true });
  await copyFile(from, into, constants.COPYFILE_FICLONE);
  await chmod(into, 0o600); // an installed model may be read-only
}

async function changeWeight(handle: FileHandle, weight: OnnxWeight, additions: readonly Addition[]): Promise<void> {
  const bytes = new ArrayBuffer(weight.bytes);
  const { bytesRead } = await handle.read(new Uint8Array(bytes), 0, weight.bytes, weight.start);
  if (bytesRead < weight.bytes) throw new LlmiError('MODEL_FILE_CORRUPT', { message: `The weight "${weight.name}" reaches beyond the end of its file.`, hint: 'Install the model again.' });
  const numbers = weight.dtype === 'float16' ? fromHalf(new Uint16Array(bytes)) : new Float32Array(bytes);
  for (const { pair, file, scale } of additions) {
    const [down, up] = [await file.read(pair.down), await file.read(pair.up)];
    const rank = file.shapeOf(pair.down)[0]!;
    const [inputs, outputs] = [down.length / rank, up.length / rank];
    requireFit(weight, pair, file, inputs, outputs);
    const factor = scale * pair.factor;
    if (weight.isTransposed) addProduct(numbers, transpose(down, inputs), transpose(up, rank), rank, factor);
    else addProduct(numbers, up, down, rank, factor);
  }
  const changed = weight.dtype === 'float16' ? toHalf(numbers) : numbers;
  await handle.write(new Uint8Array(changed.buffer), 0, weight.bytes, weight.start);
}

/** A kernel [out, in, height, width] counts as [out, in x height x width]. */
function requireFit({ shape, isTransposed, bytes, dtype }: OnnxWeight, { down, up }: LoraPair, file: SafetensorsFile, inputs: number, outputs: number): void {
  const count = shape.reduce((product, size) => product * size, 1);
  const rows = isTransposed ? inputs : outputs;
  if (shape[0] === rows && count === inputs * outputs && bytes === count * (dtype === 'float16' ? 2 : 4) && file.shapeOf(up)[1] === file.shapeOf(down)[0]) return;
  throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
    message: `The adapter does not fit: ${up} x ${down} is [${outputs}, ${inputs}], the weight of the model is [${(isTransposed ? [...shape].reverse() : shape).join(', ')}].`,
    hint: 'It was made for another model: use it with the model that its card names.',
  });
}

function unmatched(what: string, additions: readonly Addition[], hint = 'It was made for another model, or the graph was optimized: use the graph as it was exported, without fused operations.'): LlmiError {
  return new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: `${what} for ${additions.length} parts of the adapter: ${someOf(additions.map(({ pair }) => pair.down))}.`, hint });
}

function groupBy<Value>(values: readonly Value[], keyOf: (value: Value) => string): Map<string, Value[]> {
  const groups = new Map<string, Value[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group) group.push(value);
    else groups.set(keyOf(value), [value]);
  }
  return groups;
}
