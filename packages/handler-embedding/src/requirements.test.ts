import { modelInfoSchema, type ModelInfo } from '@llmi/core';
import { describe, expect, it } from 'vitest';
import { EmbeddingHandler } from './handler.js';
import { JointEmbeddingHandler } from './joint/joint-handler.js';

interface Encoder {
  width: number;
  feedForward: number;
  heads: number;
  vocabulary: number;
  maxTokens?: number;
  tokenizerBytes: number;
  files: Record<string, number>;
  chosen: string;
}

function handlerOf({ width, feedForward, heads, vocabulary, maxTokens = 512, tokenizerBytes, files, chosen }: Encoder): EmbeddingHandler {
  const model: ModelInfo = modelInfoSchema.parse({
    id: 'org/encoder',
    source: 'hub',
    modelType: 'bert',
    files: [{ path: 'tokenizer.json', sizeBytes: tokenizerBytes }, ...Object.entries(files).map(([path, sizeBytes]) => ({ path, sizeBytes }))],
    chosenFiles: ['tokenizer.json', ...Object.keys(files).filter((path) => path.startsWith(chosen))],
    json: {
      'config.json': { model_type: 'bert', hidden_size: width, intermediate_size: feedForward, num_attention_heads: heads, vocab_size: vocabulary, max_position_embeddings: 512 },
      'sentence_bert_config.json': { max_seq_length: maxTokens },
    },
  });
  return new EmbeddingHandler(model);
}

const miniLm = { width: 384, feedForward: 1536, heads: 12, vocabulary: 30522, tokenizerBytes: 436_894 };
const bertBase = { width: 768, feedForward: 3072, heads: 12, vocabulary: 30522, tokenizerBytes: 436_894 };

/** Most memory that was resident while encoders of these shapes with random weights were loaded and given 512 tokens: onnxruntime-node 1.30 on Linux x64. */
const measured: [name: string, encoder: Encoder, bytes: number][] = [
  ['like MiniLM', { ...miniLm, files: { 'onnx/model.onnx': 90_300_000 }, chosen: 'onnx/model.onnx' }, 258_160_000],
  ['like MiniLM in float16', { ...miniLm, files: { 'onnx/model_fp16.onnx': 45_100_000 }, chosen: 'onnx/model_fp16.onnx' }, 254_220_000],
  ['MiniLM in int8', { ...miniLm, maxTokens: 256, tokenizerBytes: 466_247, files: { 'onnx/model_quantized.onnx': 22_947_555 }, chosen: 'onnx/model_quantized.onnx' }, 174_570_000],
  ['with a vocabulary of 250,000', { ...miniLm, vocabulary: 250037, tokenizerBytes: 4_029_688, files: { 'onnx/model.onnx': 470_100_000 }, chosen: 'onnx/model.onnx' }, 1_058_970_000],
  ['like BERT base', { ...bertBase, files: { 'onnx/model.onnx': 435_600_000 }, chosen: 'onnx/model.onnx' }, 651_240_000],
  ['like BERT base in float16', { ...bertBase, files: { 'onnx/model_fp16.onnx': 217_800_000 }, chosen: 'onnx/model_fp16.onnx' }, 728_930_000],
  ['like BERT base with external data', { ...bertBase, files: { 'onnx/model.onnx': 30_000, 'onnx/model.onnx_data': 435_600_000 }, chosen: 'onnx/model.onnx' }, 523_190_000],
  ['like BERT large with external data', { width: 1024, feedForward: 4096, heads: 16, vocabulary: 30522, tokenizerBytes: 436_894, files: { 'onnx/model.onnx': 60_000, 'onnx/model.onnx_data': 1_336_400_000 }, chosen: 'onnx/model.onnx' }, 1_411_310_000],
];

describe('memory', () => {
  it.each(measured)('of an encoder %s is what was measured, within 15 %%', async (_, encoder, bytes) => {
    const { memoryRequirements } = await handlerOf(encoder).analyze();
    expect((memoryRequirements.recommended * 1e9) / bytes).toBeGreaterThan(0.85);
    expect((memoryRequirements.recommended * 1e9) / bytes).toBeLessThan(1.15);
  });

  /** The same for files of these shapes, loaded by llama.cpp: node-llama-cpp 3.22 on Linux x64. */
  it.each([
    ['like MiniLM in F16', 384, 1536, 45_900_000, 277_000_000],
    ['like MiniLM in Q8_0', 384, 1536, 24_800_000, 259_000_000],
    ['like BERT base in F16', 768, 3072, 218_600_000, 457_000_000],
    ['like BERT base in F32', 768, 3072, 436_100_000, 672_000_000],
  ])('of a GGUF encoder %s is what was measured, within 15 %%', async (_, width, feedForward, fileBytes, bytes) => {
    const metadata = {
      'bert.block_count': 12, 'bert.context_length': 512, 'bert.embedding_length': width, 'bert.feed_forward_length': feedForward, 'bert.attention.head_count': 12,
      'bert.attention.causal': false, 'bert.pooling_type': 1, 'tokenizer.ggml.model': 'bert', 'tokenizer.ggml.tokens': 30522,
    };
    const gguf = { file: 'model.gguf', architecture: 'bert', parameterCount: 1, tensorBytes: fileBytes, bytesByType: {}, metadata, metadataBytes: 1 };
    const model = modelInfoSchema.parse({ id: 'org/encoder', source: 'hub', modelType: 'bert', files: [{ path: 'model.gguf', sizeBytes: fileBytes }], formats: ['gguf'], gguf });
    const { memoryRequirements } = await new EmbeddingHandler(model).analyze();
    expect(Math.abs((memoryRequirements.recommended * 1e9) / bytes - 1)).toBeLessThan(0.15);
  });

  it('of two towers like CLIP B/32 is what was measured, within 15 %', async () => {
    const model = modelInfoSchema.parse({
      id: 'org/clip',
      source: 'hub',
      modelType: 'clip',
      files: [{ path: 'tokenizer.json', sizeBytes: 22_434 }, { path: 'onnx/text_model.onnx', sizeBytes: 253_900_000 }, { path: 'onnx/vision_model.onnx', sizeBytes: 351_500_000 }],
      json: {
        'config.json': {
          model_type: 'clip',
          text_config: { vocab_size: 49408, hidden_size: 512, intermediate_size: 2048, num_attention_heads: 8, max_position_embeddings: 77 },
          vision_config: { hidden_size: 768, intermediate_size: 3072, num_attention_heads: 12, image_size: 224, patch_size: 32 },
        },
        'preprocessor_config.json': { image_processor_type: 'CLIPImageProcessor' },
      },
    });
    const { memoryRequirements } = await new JointEmbeddingHandler(model).analyze();
    expect(Math.abs((memoryRequirements.recommended * 1e9) / 895_000_000 - 1)).toBeLessThan(0.15); // with eight pictures of 768 x 576
  });

  it('adds up from figures with their arithmetic', async () => {
    const { memoryParts } = await handlerOf({ ...miniLm, files: { 'onnx/model.onnx': 90_300_000 }, chosen: 'onnx/model.onnx' }).analyze();
    expect(memoryParts.map(({ name, bytes }) => [name, bytes])).toEqual([
      ['runtime', 112_000_000],
      ['tokenizer', 25 * 436_894],
      ['weights', 90_300_000],
      ['loading', 30522 * 384 * 4],
    ]);
    for (const { derivation } of memoryParts) expect(derivation).not.toBe('');
  });
});

it('offers every file of the repository with the memory it would need, whatever was chosen', () => {
  const files = { 'onnx/model.onnx': 90_300_000, 'onnx/model_quantized.onnx': 23_000_000 };
  const options = handlerOf({ ...miniLm, files, chosen: 'onnx/model.onnx' }).getQuantizationOptions();
  expect(options.map(({ name, diskBytes }) => [name, diskBytes])).toEqual([
    ['fp32', 90_300_000],
    ['q8', 23_000_000],
  ]);
  expect(options[0]!.memoryBytes).toBe(112_000_000 + 25 * 436_894 + 90_300_000 + 30522 * 384 * 4);
  expect(options[1]!.memoryBytes).toBeLessThan(options[0]!.memoryBytes);
});
