import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { inspect } from '../src/index.js';
import { tinyGguf } from '@llmi/handler-testkit/gguf';
import { LoopbackHub, type HubRepository } from '@llmi/handler-testkit/hub';

const requestLimit = 6;
const byteLimit = 2e6;

let hub: LoopbackHub | undefined;
afterEach(() => hub?.[Symbol.asyncDispose]());

/** A Llama of 70B: 80 layers in 30 files of 4.7 GB, with everything else that such a repository has. */
function seventyBillion(): HubRepository {
  const layer = ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj', 'self_attn.o_proj', 'mlp.gate_proj', 'mlp.up_proj', 'mlp.down_proj', 'input_layernorm', 'post_attention_layernorm'];
  const shard = (index: number) => `model-${String(index + 1).padStart(5, '0')}-of-00030.safetensors`;
  const weights = Array.from({ length: 80 * layer.length }, (_, index) => [`model.layers.${Math.floor(index / layer.length)}.${layer[index % layer.length]}.weight`, shard(index % 30)]);
  const shards = Array.from({ length: 30 }, (_, index) => shard(index));
  const config = { model_type: 'llama', architectures: ['LlamaForCausalLM'], torch_dtype: 'bfloat16', hidden_size: 8192, intermediate_size: 28_672, num_hidden_layers: 80, num_attention_heads: 64, num_key_value_heads: 8, vocab_size: 128_256, max_position_embeddings: 131_072 };
  return {
    files: {
      'README.md': 'x'.repeat(60_000),
      'config.json': JSON.stringify(config),
      'generation_config.json': JSON.stringify({ temperature: 0.6 }),
      'model.safetensors.index.json': JSON.stringify({ metadata: { total_size: 141_107_412_992 }, weight_map: Object.fromEntries(weights) }),
      'special_tokens_map.json': '{}',
      'tokenizer.json': JSON.stringify({ model: { vocab: 'x'.repeat(9_000_000) } }),
      'tokenizer_config.json': JSON.stringify({ added_tokens_decoder: Object.fromEntries(Array.from({ length: 256 }, (_, index) => [index, { content: `<|reserved_${index}|>`, special: true }])) }),
      ...Object.fromEntries(shards.map((path) => [path, 'weights'])),
    },
    claimedBytes: Object.fromEntries(shards.map((path) => [path, 4_703_580_434])),
  };
}

/** Many quantizations of one model, the header of each with a vocabulary of its own. */
function quantizations(): HubRepository {
  const names = ['Q2_K', 'Q3_K_S', 'Q3_K_M', 'Q3_K_L', 'Q4_0', 'Q4_K_S', 'Q4_K_M', 'Q5_K_S', 'Q5_K_M', 'Q6_K', 'Q8_0', 'F16'];
  return { files: { 'README.md': '# Model', 'config.json': '{"model_type": "llama"}', ...Object.fromEntries(names.map((name) => [`model-${name}.gguf`, tinyGguf('Q8_0', 4)])) } };
}

function pipeline(): HubRepository {
  const component = (folder: string) => [`${folder}/config.json`, '{}'] as const;
  return {
    files: {
      'model_index.json': JSON.stringify({ _class_name: 'StableDiffusionXLPipeline', unet: ['diffusers', 'UNet2DConditionModel'], vae: ['diffusers', 'AutoencoderKL'] }),
      ...Object.fromEntries(['unet', 'vae', 'text_encoder', 'text_encoder_2'].map(component)),
      ...Object.fromEntries(['unet', 'vae_decoder', 'text_encoder', 'text_encoder_2'].map((folder) => [`${folder}/model.onnx`, 'weights'])),
      'scheduler/scheduler_config.json': '{"_class_name": "EulerDiscreteScheduler"}',
      'tokenizer/vocab.json': '{}',
    },
  };
}

const thousandFiles = (): HubRepository => ({ files: { 'config.json': '{"model_type": "bert"}', ...Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`data/part-${index}.txt`, 'x'])) } });

it.each([
  ['a sharded model of 70B', seventyBillion, 'text-generation'],
  ['a repository of many quantizations', quantizations, 'text-generation'],
  ['a listing of 1,000 files', thousandFiles, undefined],
])('%s costs few requests and few bytes to look at', async (_, repository, task) => {
  hub = await LoopbackHub.start({ 'org/model': repository() });
  const info = await inspect({ kind: 'hub', id: 'org/model' }, { endpoint: hub.url, cacheDir: await mkdtemp(join(tmpdir(), 'llmi-cache-')), timeoutMs: 3000 });
  if (task !== undefined) expect(info.task).toBe(task);
  expect(hub.requests.length).toBeLessThanOrEqual(requestLimit);
  expect(hub.sentBytes).toBeGreaterThan(100);
  expect(hub.sentBytes).toBeLessThan(byteLimit);
});

it('a pipeline costs a request for each of its parts', async () => {
  hub = await LoopbackHub.start({ 'org/model': pipeline() });
  const info = await inspect({ kind: 'hub', id: 'org/model' }, { endpoint: hub.url, cacheDir: await mkdtemp(join(tmpdir(), 'llmi-cache-')), timeoutMs: 3000 });
  expect(info.task).toBe('text-to-image');
  expect(hub.requests.length).toBeLessThanOrEqual(2 + 6);
  expect(hub.sentBytes).toBeLessThan(byteLimit);
});

it('gives exact parameters of the sharded model from its index alone', async () => {
  hub = await LoopbackHub.start({ 'org/model': seventyBillion() });
  const info = await inspect({ kind: 'hub', id: 'org/model' }, { endpoint: hub.url, cacheDir: await mkdtemp(join(tmpdir(), 'llmi-cache-')), timeoutMs: 3000 });
  expect(info.safetensors?.parameterCount).toBe(141_107_412_992 / 2);
});
