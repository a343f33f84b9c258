import { ggufFile, type GgufMetadata, type GgufTensor } from '@llmi/handler-testkit/gguf';

const [width, inner, positions, layers, heads] = [16, 32, 24, 2, 2];

/** A WordPiece vocabulary as GGUF writes it: pieces that begin a word after ▁, those that go on bare. */
export const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '▁hello', '▁world', '▁be', 'ta', '▁,', '▁é', 'x', '▁x'];
const control = 3;

/** Weights that any program can make again: sines, from a start that the name of the tensor gives. */
function weights(name: string, count: number): Uint8Array {
  const start = Array.from(name).reduce((sum, letter, index) => sum + (index + 1) * letter.charCodeAt(0), 0);
  const isNorm = name.includes('norm');
  const scale = isNorm || name.endsWith('bias') ? 0.1 : 0.5;
  const base = name.endsWith('norm.weight') ? 1 : 0;
  return new Uint8Array(Float32Array.from({ length: count }, (_, index) => base + scale * Math.sin(index * 12.9898 + start)).buffer);
}

function tensor(name: string, ...dimensions: number[]): GgufTensor {
  return { name, dimensions, type: 'F32', data: weights(name, dimensions.reduce((product, size) => product * size, 1)) };
}

/** A GGUF file of {@link tinyBertParts}. */
export function tinyBert(...given: Parameters<typeof tinyBertParts>): Buffer {
  const { metadata, tensors } = tinyBertParts(...given);
  return ggufFile(metadata, tensors);
}

/** A BERT of two layers. `extra` changes its metadata, `head` adds a classifier of one label. */
export function tinyBertParts(extra: GgufMetadata = {}, { head = false, types = 1 } = {}): { metadata: GgufMetadata; tensors: GgufTensor[] } {
  const metadata: GgufMetadata = {
    'general.architecture': ['string', 'bert'],
    'general.name': ['string', 'tiny'],
    'general.file_type': ['uint32', 0],
    'bert.block_count': ['uint32', layers],
    'bert.context_length': ['uint32', positions],
    'bert.embedding_length': ['uint32', width],
    'bert.feed_forward_length': ['uint32', inner],
    'bert.attention.head_count': ['uint32', heads],
    'bert.attention.layer_norm_epsilon': ['float32', 1e-12],
    'bert.attention.causal': ['bool', false],
    'tokenizer.ggml.model': ['string', 'bert'],
    'tokenizer.ggml.pre': ['string', 'jina-v2-en'],
    'tokenizer.ggml.tokens': ['array', 'string', vocabulary],
    'tokenizer.ggml.token_type': ['array', 'int32', vocabulary.map((_, id) => (id < 4 ? control : 1))],
    'tokenizer.ggml.token_type_count': ['uint32', types],
    'tokenizer.ggml.bos_token_id': ['uint32', 2],
    'tokenizer.ggml.unknown_token_id': ['uint32', 1],
    'tokenizer.ggml.seperator_token_id': ['uint32', 3],
    'tokenizer.ggml.padding_token_id': ['uint32', 0],
    'tokenizer.ggml.cls_token_id': ['uint32', 2],
    ...extra,
  };
  const linear = (name: string, from: number, to: number) => [tensor(`${name}.weight`, from, to), tensor(`${name}.bias`, to)];
  const norm = (name: string) => [tensor(`${name}.weight`, width), tensor(`${name}.bias`, width)];
  const tensors = [
    tensor('token_embd.weight', width, vocabulary.length),
    tensor('position_embd.weight', width, positions),
    tensor('token_types.weight', width, types),
    ...norm('token_embd_norm'),
    ...Array.from({ length: layers }, (_, layer) => [
      ...['attn_q', 'attn_k', 'attn_v', 'attn_output'].flatMap((name) => linear(`blk.${layer}.${name}`, width, width)),
      ...linear(`blk.${layer}.ffn_up`, width, inner),
      ...linear(`blk.${layer}.ffn_down`, inner, width),
      ...norm(`blk.${layer}.attn_output_norm`),
      ...norm(`blk.${layer}.layer_output_norm`),
    ]).flat(),
    ...(head ? [...linear('cls', width, width), ...linear('cls.output', width, 1)] : []),
  ];
  return { metadata, tensors };
}
