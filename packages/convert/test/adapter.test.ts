import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileSource, readGgufHeader } from '@llmi/hub';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { convertAdapter } from '../src/index.js';
import { shared } from './helpers/shared.js';
import type { SafetensorsTensor } from '@llmi/handler-testkit/safetensors';
import { safetensors, tinyFolder, type TinyFolder } from './helpers/tiny-model.js';

const rank = 4;
const layer = 'base_model.model.model.layers.0';
const factors: Record<string, SafetensorsTensor> = {
  [`${layer}.self_attn.k_proj.lora_A.weight`]: { shape: [rank, 64] },
  [`${layer}.self_attn.k_proj.lora_B.weight`]: { shape: [32, rank] },
  [`${layer}.mlp.down_proj.lora_A.weight`]: { shape: [rank, 96] },
  [`${layer}.mlp.down_proj.lora_B.weight`]: { shape: [64, rank] },
};

let base: TinyFolder;
let adapter: string;
beforeEach(() => {
  base = tinyFolder();
  adapter = join(base.parent, 'tiny-lora');
  mkdirSync(adapter);
  write({ lora_alpha: 8, r: rank, peft_type: 'LORA' }, factors);
});
afterEach(() => base.remove());

function write(config: object, tensors: Record<string, SafetensorsTensor>): void {
  writeFileSync(join(adapter, 'adapter_config.json'), JSON.stringify(config));
  writeFileSync(join(adapter, 'adapter_model.safetensors'), safetensors(tensors));
}

async function metadataOf(path: string) {
  const source = await fileSource(path);
  try {
    return (await readGgufHeader(source)).metadata;
  } finally {
    await source[Symbol.asyncDispose]();
  }
}

describe('an adapter', () => {
  it('becomes pairs of factors under the names of what they change', async () => {
    const result = await convertAdapter(adapter, base.path, base.target);
    expect(result).toMatchObject({ type: 'F32', architecture: 'llama', tensorCount: 4, parameterCount: rank * (64 + 32 + 96 + 64) });
    expect(await metadataOf(base.target)).toMatchObject({ 'general.type': 'adapter', 'adapter.type': 'lora', 'adapter.lora.alpha': 8, 'general.name': 'Tiny Lora' });
    const text = readFileSync(base.target).toString('latin1');
    expect(['attn_k.weight.lora_a', 'attn_k.weight.lora_b', 'ffn_down.weight.lora_a', 'ffn_down.weight.lora_b'].filter((name) => text.includes(`blk.0.${name}`))).toHaveLength(4);
  });

  it('has the alpha of its kind: llama.cpp divides by the rank, rank-stabilised adapters by its root', async () => {
    write({ lora_alpha: 8, r: rank, use_rslora: true }, factors);
    await convertAdapter(adapter, base.path, base.target);
    expect((await metadataOf(base.target))['adapter.lora.alpha']).toBe(16);
  });

  it('is refused when it is more than low-rank updates', async () => {
    const cases: [object, Record<string, SafetensorsTensor>, string][] = [
      [{ lora_alpha: 8, r: rank, use_dora: true }, factors, 'MODEL_FORMAT_UNSUPPORTED'],
      [{ lora_alpha: 8, r: rank, peft_type: 'IA3' }, factors, 'MODEL_FORMAT_UNSUPPORTED'],
      [{ lora_alpha: 8, r: rank, alpha_pattern: { k_proj: 3 } }, factors, 'MODEL_FORMAT_UNSUPPORTED'],
      [{ lora_alpha: 8, r: rank }, { ...factors, 'base_model.model.lm_head.weight': { shape: [263, 64] } }, 'MODEL_FORMAT_UNSUPPORTED'],
      [{ lora_alpha: 8, r: rank }, Object.fromEntries(Object.entries(factors).slice(0, 3)), 'MODEL_FILE_CORRUPT'],
      [{ r: rank }, factors, 'MODEL_FILE_CORRUPT'],
    ];
    for (const [config, tensors, code] of cases) {
      write(config, tensors);
      await expect(convertAdapter(adapter, base.path, base.target)).rejects.toMatchObject({ code });
    }
    expect(readdirSync(base.parent).sort()).toEqual(['tiny-llama', 'tiny-lora']);
  });
});

const fixtures = join(shared, 'fixtures', 'hub', 'llmi-fixtures');

describe.skipIf(!existsSync(fixtures))('the adapter among the fixtures', () => {
  it('has a pair for each of its updates', async () => {
    const result = await convertAdapter(join(fixtures, 'tiny-llama3-lora'), join(fixtures, 'tiny-llama3-base'), base.target, { type: 'F16' });
    expect(result.architecture).toBe('llama');
    expect(result.tensorCount % 14).toBe(0); // seven modules per layer, two factors each
    expect(result.notes).toEqual([]);
  });
});
