import { ggufFacts, ggufFile } from '../gguf/gguf-file.js';
import { randomLlama, type RandomLlama } from '../gguf/random-llama.js';
import { colourGraph, lookupGraph } from '../onnx/graphs.js';
import { safetensorsFile, type SafetensorsTensor, type SafetensorsType } from '../safetensors/safetensors-file.js';
import { byteLevelTokenizer } from '../tokenizers/byte-level.js';
import { wordPieceSpecials, wordPieceTokenizer } from '../tokenizers/word-piece.js';
import type { TinyModel } from './model-folder.js';

/** A text model: one GGUF file of about 100 KB, a LLaMA with random Q8_0 weights. Its answers mean nothing and repeat exactly. */
export function tinyTextModel(changes?: Partial<RandomLlama>): TinyModel {
  const { metadata, tensors } = randomLlama(changes);
  const file = 'tiny-Q8_0.gguf';
  return {
    files: { [file]: ggufFile(metadata, tensors) },
    facts: { modelType: 'llama', task: 'text-generation', quantization: 'Q8_0', gguf: ggufFacts(file, metadata, tensors) },
  };
}

/** The vector of each token of the tiny embedding model: easy to pool by hand. Padding is far away, so that none gets in unseen. */
const tokenVectors: Record<string, [number, number]> = { '[PAD]': [9000, 9000], '[UNK]': [1, 1], '[CLS]': [0, 0], '[SEP]': [0, 0], hello: [3, 0], world: [0, 4], query: [6, 0], ':': [0, 8] };

const sentenceModules = (...names: string[]) => names.map((name, idx) => ({ idx, name: String(idx), path: idx === 0 ? '' : `${idx}_${name}`, type: `sentence_transformers.models.${name}` }));

/** An embedding model: a WordPiece vocabulary of eight, two dimensions, mean pooling, normalized. */
export function tinyEmbeddingModel(): TinyModel {
  return {
    files: {
      'config.json': { model_type: 'bert', architectures: ['BertModel'], hidden_size: 2, intermediate_size: 4, num_attention_heads: 1, max_position_embeddings: 16 },
      'modules.json': sentenceModules('Transformer', 'Pooling', 'Normalize'),
      '1_Pooling/config.json': { word_embedding_dimension: 2, pooling_mode_mean_tokens: true },
      'sentence_bert_config.json': { max_seq_length: 8, do_lower_case: false },
      'config_sentence_transformers.json': { prompts: { query: 'query: ', passage: '' }, default_prompt_name: null },
      'tokenizer.json': wordPieceTokenizer(Object.keys(tokenVectors).filter((token) => !wordPieceSpecials.includes(token))),
      'tokenizer_config.json': { tokenizer_class: 'BertTokenizer', pad_token: '[PAD]', model_max_length: 512 },
      'onnx/model.onnx': lookupGraph(Object.values(tokenVectors)),
    },
  };
}

/** An image classifier that tells red, green and blue apart. */
export function tinyImageClassifier(): TinyModel {
  return {
    files: {
      'config.json': {
        model_type: 'vit',
        architectures: ['ViTForImageClassification'],
        id2label: { 0: 'red', 1: 'green', 2: 'blue' },
        hidden_size: 4,
        patch_size: 4,
        intermediate_size: 8,
        num_attention_heads: 1,
        image_size: 8,
      },
      // Numbers from 0 to 20, so that the scores are clear.
      'preprocessor_config.json': { image_processor_type: 'ViTImageProcessor', do_normalize: false, rescale_factor: 20 / 255, resample: 2, size: { height: 8, width: 8 } },
      'onnx/model.onnx': colourGraph(),
    },
  };
}

const checkpointShape = { vocabulary: 320, width: 64, inner: 96, layers: 2 };

/** The tensors of a small LLaMA with tied embeddings, named as transformers does. */
export function checkpointTensors(dtype: SafetensorsType = 'F32'): Record<string, SafetensorsTensor> {
  const { vocabulary, width, inner, layers } = checkpointShape;
  const shapes: Record<string, number[]> = { 'model.embed_tokens.weight': [vocabulary, width], 'model.norm.weight': [width] };
  for (let layer = 0; layer < layers; layer++) {
    const ofLayer = {
      input_layernorm: [width],
      post_attention_layernorm: [width],
      'self_attn.q_proj': [width, width],
      'self_attn.k_proj': [width / 2, width],
      'self_attn.v_proj': [width / 2, width],
      'self_attn.o_proj': [width, width],
      'mlp.gate_proj': [inner, width],
      'mlp.up_proj': [inner, width],
      'mlp.down_proj': [width, inner],
    };
    for (const [name, shape] of Object.entries(ofLayer)) shapes[`model.layers.${layer}.${name}.weight`] = shape;
  }
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, { dtype, shape }]));
}

/** A checkpoint as transformers saves it: a LLaMA in safetensors, its configuration and tokenizer. */
export function tinyCheckpoint(dtype?: SafetensorsType): TinyModel {
  const { vocabulary, width, inner, layers } = checkpointShape;
  const special = ['<|begin|>', '<|end|>', '<|pad|>'];
  return {
    files: {
      'config.json': {
        architectures: ['LlamaForCausalLM'],
        model_type: 'llama',
        vocab_size: vocabulary,
        hidden_size: width,
        intermediate_size: inner,
        num_hidden_layers: layers,
        num_attention_heads: 4,
        num_key_value_heads: 2,
        max_position_embeddings: 128,
        rms_norm_eps: 1e-5,
        rope_theta: 10_000,
        tie_word_embeddings: true,
      },
      'tokenizer.json': byteLevelTokenizer(vocabulary, special),
      'tokenizer_config.json': { tokenizer_class: 'PreTrainedTokenizerFast', bos_token: special[0], eos_token: special[1], pad_token: special[2] },
      'model.safetensors': safetensorsFile(checkpointTensors(dtype)),
    },
  };
}
