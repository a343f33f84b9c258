import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LlmiError } from '@llmi/core';
import { moduleName, type ModuleName } from './module-names.js';
import { SafetensorsFile } from './safetensors-file.js';

/** Two small matrices whose product is added to a weight: `up` [out, rank] times `down` [rank, in]. */
export interface LoraPair extends ModuleName {
  down: string; // names of tensors
  up: string;
  /** What the product is multiplied with: alpha / rank. */
  factor: number;
}

/** Endings of diffusers and PEFT (lora_A), of older diffusers (lora.down, to_q_lora.down), of kohya's trainer (lora_down). */
const ending = /^(?<name>.+?)(?:\.lora_(?<letter>[AB])(?:\.default)?|(?:[._]lora|\.lora_linear_layer)\.(?<word>down|up)|\.lora_(?<joined>down|up))\.weight$/;

/** The `.safetensors` file of an adapter: itself, or the one in its folder. @throws {LlmiError} MODEL_FILE_MISSING */
export async function findLoraFile(path: string): Promise<string> {
  const status = await stat(path).catch(() => undefined);
  if (!status?.isDirectory()) return path;
  const files = (await readdir(path)).filter((name) => name.endsWith('.safetensors')).sort();
  const chosen = ['pytorch_lora_weights.safetensors', 'adapter_model.safetensors'].find((name) => files.includes(name)) ?? files[0];
  if (chosen !== undefined) return join(path, chosen);
  throw new LlmiError('MODEL_FILE_MISSING', { message: 'The folder of the adapter has no .safetensors file.', hint: 'Install the adapter again, or give the path of its file.' });
}

/**
 * The pairs of an adapter file. `layersPerBlock`: of the UNet that it is for.
 * @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED naming the tensors that are of another kind of adapter
 */
export async function readLoraPairs(file: SafetensorsFile, layersPerBlock: number): Promise<LoraPair[]> {
  const halves = new Map<string, { down?: string; up?: string }>();
  const alphas = new Map<string, string>();
  const others: string[] = [];
  for (const tensor of file.names) {
    const { name, letter, word, joined } = ending.exec(tensor)?.groups ?? {};
    if (name !== undefined) halves.set(name, { ...halves.get(name), [letter === undefined ? (word ?? joined)! : letter === 'A' ? 'down' : 'up']: tensor });
    else if (tensor.endsWith('.alpha')) alphas.set(tensor.slice(0, -'.alpha'.length), tensor);
    else others.push(tensor);
  }
  const pairs: LoraPair[] = [];
  for (const [name, { down, up }] of halves) {
    if (down === undefined || up === undefined) {
      others.push((down ?? up)!);
      continue;
    }
    const rank = file.shapeOf(down)[0]!;
    const alpha = alphas.get(name);
    pairs.push({ ...moduleName(name, layersPerBlock), down, up, factor: alpha === undefined ? factorInMetadata(file.metadata, name, rank) : (await file.read(alpha))[0]! / rank });
  }
  if (others.length > 0 || pairs.length === 0) throw unsupported(others);
  return pairs;
}

/** diffusers writes the configuration of PEFT into the file, its fields behind the name of the part: unet.lora_alpha. */
function factorInMetadata({ lora_adapter_metadata: text }: Readonly<Record<string, string>>, name: string, rank: number): number {
  if (text === undefined) return 1;
  const [part] = name.split('.');
  const config = parseConfig(text);
  const patterns = config[`${part}.alpha_pattern`] as Record<string, number> | undefined;
  const alpha = patterns?.[name.slice(part!.length + 1)] ?? config[`${part}.lora_alpha`];
  if (typeof alpha !== 'number') return 1;
  return alpha / (config[`${part}.use_rslora`] === true ? Math.sqrt(rank) : rank);
}

function parseConfig(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw new LlmiError('MODEL_FILE_CORRUPT', { message: 'The configuration in the adapter file is not valid JSON.', hint: 'Install the adapter again.', cause });
  }
}

function unsupported(tensors: readonly string[]): LlmiError {
  return new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
    message: tensors.length === 0 ? 'The adapter file holds no LoRA weights.' : `The adapter holds more than LoRA weights: ${someOf(tensors)}.`,
    hint: 'Use a LoRA of diffusers, PEFT or kohya; LoHa, LoKr and DoRA cannot be merged.',
  });
}

/** A few of the names, and how many more there are. */
export function someOf(names: readonly string[]): string {
  const shown = 5;
  return names.slice(0, shown).join(', ') + (names.length > shown ? ` and ${names.length - shown} more` : '');
}
