import { parseInput } from '@llmi/core';
import { z } from 'zod';
import { Checkpoint } from './checkpoint/checkpoint.js';
import { LowRankWeight, PlainWeight } from './checkpoint/weight.js';
import { familyContext, type ConvertOptions, type ConvertResult } from './convert.js';
import { corrupt, missing, unsupported } from './errors.js';
import type { Family, FamilyContext, NamedWeight } from './families/family.js';
import { ModelConfig } from './families/model-config.js';
import { familyOf } from './families/registry.js';
import { encodeHeader } from './gguf/header.js';
import { GgufMetadata } from './gguf/metadata.js';
import { ModelFolder, type JsonObject } from './model-folder.js';
import { automaticType, type FileType } from './output-type.js';
import { writeGeneralMetadata } from './provenance/general-metadata.js';
import { countParameters } from './provenance/size-label.js';
import { plainTensorType } from './quantize/plain-choice.js';
import { writeFile } from './write-file.js';

const optionsSchema = z.object({ type: z.enum(['auto', 'F32', 'F16', 'BF16', 'Q8_0']).default('F32') });

/** As for a model, except that an adapter stays in F32 unless told otherwise. */
export type ConvertAdapterOptions = Pick<ConvertOptions, 'signal' | 'onProgress'> & { type?: z.input<typeof optionsSchema>['type'] };

/**
 * Makes a GGUF adapter of a PEFT LoRA adapter: the same bytes as llama.cpp's convert_lora_to_gguf.py.
 *
 * @param basePath folder of the model that the adapter is for; its config.json is all that is needed
 * @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED for an adapter that is more than low-rank updates, or a base that cannot be converted;
 * otherwise as `convert`
 */
export async function convertAdapter(adapterPath: string, basePath: string, targetPath: string, options: ConvertAdapterOptions = {}): Promise<ConvertResult> {
  const { type } = parseInput(optionsSchema, { type: options.type });
  options.signal?.throwIfAborted();
  const folder = await ModelFolder.open(adapterPath);
  const adapter = await folder.json('adapter_config.json');
  if (!adapter) throw missing('adapter_config.json', 'The adapter');
  const alpha = readAlpha(adapter);
  const base = await ModelFolder.open(basePath);
  const config = await ModelConfig.read(base);
  const family = familyOf(config.architecture);
  const context = await familyContext(base, config);
  await family.prepare?.(context);
  await using checkpoint = await Checkpoint.open(folder, 'adapter_model');
  const fileType: FileType = type === 'auto' ? automaticType(checkpoint.tensors) : type;

  const metadata = new GgufMetadata(family.name);
  const named = await nameFactors(family, context, checkpoint);
  const parameters = countParameters(named.map(({ name, weight }) => ({ name, shape: weight.shape })));
  await writeGeneralMetadata(metadata, folder, parameters, context.notes, 'adapter');
  metadata.float32('adapter.lora.alpha', alpha);
  const activation = adapter['alora_invocation_tokens'];
  if (Array.isArray(activation)) metadata.numbers('adapter.alora.invocation_tokens', 'uint32', activation as number[]);
  metadata.uint32('general.quantization_version', 2);

  const tensors = named.map(({ name, weight }) => ({ name, shape: weight.shape, rows: (weight as PlainWeight).rows, type: plainTensorType(name, weight.shape, fileType) }));
  const sizeBytes = await writeFile(targetPath, encodeHeader(metadata, tensors), tensors, { threads: 0, signal: options.signal, onProgress: options.onProgress });
  const parameterCount = tensors.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
  return { path: targetPath, sizeBytes, type: fileType, architecture: family.name, parameterCount, tensorCount: tensors.length, notes: context.notes };
}

/**
 * What the update is multiplied with, before it is divided by the rank.
 * @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED for an adapter that a single factor does not describe
 */
function readAlpha(adapter: JsonObject): number {
  const refuse = (what: string) => unsupported(`The adapter ${what}, which GGUF has no place for.`, 'Merge it into its base model with PEFT, and convert the result.');
  if (String(adapter['peft_type'] ?? 'LORA') !== 'LORA') throw refuse(`is of the kind ${String(adapter['peft_type'])}`);
  if (adapter['use_dora'] === true) throw refuse('is a DoRA: it changes the size of weights as well');
  const pattern = adapter['alpha_pattern'];
  if (typeof pattern === 'object' && pattern !== null && Object.keys(pattern).length > 0) throw refuse('has an alpha for each module');
  const alpha = adapter['lora_alpha'];
  if (typeof alpha !== 'number') throw corrupt('adapter_config.json has no number lora_alpha.');
  // Rank-stabilised adapters divide by the root of the rank, where llama.cpp divides by the rank.
  return adapter['use_rslora'] === true ? alpha * Math.sqrt(Number(adapter['r'])) : alpha;
}

interface Factors {
  a?: PlainWeight;
  b?: PlainWeight;
}

/** Both factors of each update under the names of the tensors that they change; norms that come whole go first. */
async function nameFactors(family: Family, context: FamilyContext, checkpoint: Checkpoint): Promise<NamedWeight[]> {
  const { map } = await family.mapper(context);
  const named: NamedWeight[] = [];
  const updates = new Map<string, Factors>();
  for (const tensor of checkpoint.tensors) {
    const baseName = baseTensorName(tensor.name);
    const name = family.keep ? family.keep(baseName) : baseName;
    if (name === undefined || tensor.name.includes('.base_layer.weight')) continue;
    const factor = /\.lora_(?:embedding_)?([AB])(?:\.weight)?$/.exec(tensor.name)?.[1];
    if (factor) {
      const update = updates.get(name) ?? {};
      updates.set(name, { ...update, [factor === 'A' ? 'a' : 'b']: PlainWeight.of(tensor) });
    } else if (/_layernorm|\.norm/.test(tensor.name)) {
      named.push(...map(name, PlainWeight.of(tensor)));
    } else {
      throw unsupported(`The adapter has a tensor ${JSON.stringify(tensor.name)} that is no low-rank update.`, 'Merge the adapter into its base model with PEFT, and convert the result.');
    }
  }
  for (const [name, { a, b }] of updates) {
    if (!a || !b) throw corrupt(`The adapter lacks one of the two factors for ${name}.`);
    if (a.shape.at(-2) !== b.shape.at(-1)) throw corrupt(`The factors for ${name} have different ranks.`);
    for (const { name: target, weight } of map(name, new LowRankWeight(a, b))) named.push(...factorTensors(target, weight as LowRankWeight));
  }
  return named;
}

function baseTensorName(name: string): string {
  return name.replace('base_model.model.', '').replace(/\.lora_[AB]\.weight$/, '.weight').replace(/\.lora_embedding_[AB]$/, '.weight');
}

function factorTensors(target: string, { a, b }: LowRankWeight): NamedWeight[] {
  // Embeddings are looked up, not multiplied with, so their first factor is stored by token.
  return [{ name: `${target}.lora_a`, weight: target === 'token_embd.weight' ? a.transpose() : a }, { name: `${target}.lora_b`, weight: b }];
}
