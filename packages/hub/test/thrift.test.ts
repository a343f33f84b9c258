import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { chooseFiles, chosenInfo, inspect } from '../src/index.js';
import { ggufFile, tinyGguf } from '@llmi/handler-testkit/gguf';
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

/** A Llama of 70B as GGUF, its vocabulary of 128,256 tokens in each header, the larger quantizations in parts. */
function seventyBillionGguf(): HubRepository {
  const vocabulary = Array.from({ length: 128_256 }, (_, index) => `token${index}`);
  const header = ggufFile(
    {
      'general.architecture': ['string', 'llama'], 'llama.block_count': ['uint32', 80], 'llama.context_length': ['uint32', 131_072], 'llama.embedding_length': ['uint32', 8192], 'llama.feed_forward_length': ['uint32', 28_672],
      'llama.attention.head_count': ['uint32', 64], 'llama.attention.head_count_kv': ['uint32', 8], 'tokenizer.ggml.model': ['string', 'gpt2'],
      'tokenizer.ggml.tokens': ['array', 'string', vocabulary], 'tokenizer.ggml.merges': ['array', 'string', vocabulary.map((token) => `${token} x`)],
    },
    [{ name: 'token_embd.weight', dimensions: [32, 2], type: 8, bytes: 68 }],
  );
  const sizes: Record<string, number> = { 'model-Q4_K_M.gguf': 42_520_395_584, 'model-Q8_0-00001-of-00002.gguf': 40e9, 'model-Q8_0-00002-of-00002.gguf': 35e9 };
  return { files: { 'README.md': 'x'.repeat(40_000), ...Object.fromEntries(Object.keys(sizes).map((path) => [path, header])) }, claimedBytes: sizes, gguf: { total: 70_553_706_560, architecture: 'llama', chat_template: '{{ messages }}' } };
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
  ['a GGUF of 70B with a large vocabulary', seventyBillionGguf, 'text-generation'],
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

it('estimates a large GGUF from the beginning of one header, and its other quantizations with it', async () => {
  hub = await LoopbackHub.start({ 'org/model': seventyBillionGguf() });
  const settings = { endpoint: hub.url, cacheDir: await mkdtemp(join(tmpdir(), 'llmi-cache-')), timeoutMs: 3000 };
  const info = await inspect({ kind: 'hub', id: 'org/model' }, settings);
  expect(info.gguf).toMatchObject({ file: 'model-Q4_K_M.gguf', parameterCount: 70_553_706_560, estimated: true, metadata: { 'llama.block_count': 80, 'tokenizer.ggml.tokens': { length: 128_256 }, 'tokenizer.chat_template': '{{ messages }}' } });
  expect(info.gguf!.tensorBytes / 42_520_395_584).toBeGreaterThan(0.999);
  const other = await chosenInfo(info, chooseFiles(info, { formats: ['gguf'], quantization: 'Q8_0' }), settings);
  expect(other.gguf).toMatchObject({ file: 'model-Q8_0-00001-of-00002.gguf', estimated: true, metadata: { 'llama.block_count': 80 } });
  expect(other.gguf!.tensorBytes / 75e9).toBeGreaterThan(0.999);
  expect(other.gguf!.bytesByType).toEqual({ Q8_0: other.gguf!.tensorBytes });
  expect(hub.requests.length).toBeLessThanOrEqual(requestLimit);
  expect(hub.sentBytes).toBeLessThan(byteLimit);
});

it.each([
  ['the hub counts nothing', (model: HubRepository) => ({ ...model, gguf: undefined })],
  ['the hub counts another model', (model: HubRepository) => ({ ...model, gguf: { ...model.gguf!, total: 1e9 } })],
  ['the hub tells of another architecture', (model: HubRepository) => ({ ...model, gguf: { ...model.gguf!, architecture: 'qwen2' } })],
])('reads all of the header where %s', async (_, change) => {
  hub = await LoopbackHub.start({ 'org/model': change(seventyBillionGguf()) });
  const info = await inspect({ kind: 'hub', id: 'org/model' }, { endpoint: hub.url, cacheDir: await mkdtemp(join(tmpdir(), 'llmi-cache-')), timeoutMs: 3000 });
  expect(info.gguf).toMatchObject({ parameterCount: 64, tensorBytes: 68 });
  expect(info.gguf!.estimated).toBeUndefined();
});
