// Text encoders of BERT's shape with random weights, as ONNX: for measuring memory and speed. One megabyte of random floats, repeated.
import { existsSync } from 'node:fs';
import { mkdir, open, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const float32 = 1; // of TensorProto.DataType
const int64 = 7;
const pieceElements = 1 << 18;

/** Folder of an encoder of that name and shape; made on first use and kept outside git. */
export async function randomEncoder(name, shape) {
  const folder = fileURLToPath(new URL(`../.cache/${name}`, import.meta.url));
  if (!existsSync(join(folder, 'config.json'))) await writeRandomEncoder(folder, shape);
  return folder;
}

/**
 * Writes a sentence-transformers folder with mean pooling. `external` keeps the weights in model.onnx_data, as files of more than 2 GB must.
 * Source of the graph: https://arxiv.org/abs/1810.04805, as exporters write it (GELU by Erf, attention by MatMul and Softmax).
 */
export async function writeRandomEncoder(folder, { layers, width, heads, feedForward, vocabulary, positions, external = false }) {
  const graph = new GraphWriter();
  const mask = graph.attentionMask();
  let hidden = graph.embeddings(vocabulary, positions, width);
  for (let layer = 0; layer < layers; layer++) hidden = graph.layer(`layer.${layer}`, hidden, mask, { width, heads, feedForward });
  graph.node('Identity', [hidden], 'last_hidden_state');
  await mkdir(join(folder, 'onnx'), { recursive: true });
  await writeModel(join(folder, 'onnx', 'model.onnx'), graph, width, external);
  const modules = ['Transformer', 'Pooling', 'Normalize'].map((name, idx) => ({ idx, name: String(idx), path: idx === 0 ? '' : `${idx}_${name}`, type: `sentence_transformers.models.${name}` }));
  const files = {
    'modules.json': modules,
    '1_Pooling/config.json': { word_embedding_dimension: width, pooling_mode_mean_tokens: true },
    'sentence_bert_config.json': { max_seq_length: positions, do_lower_case: false },
    'tokenizer.json': wordPiece(vocabulary),
    'tokenizer_config.json': { tokenizer_class: 'BertTokenizer', pad_token: '[PAD]', model_max_length: positions },
    'config.json': { model_type: 'bert', architectures: ['BertModel'], num_hidden_layers: layers, hidden_size: width, intermediate_size: feedForward, num_attention_heads: heads, max_position_embeddings: positions, vocab_size: vocabulary },
  };
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), JSON.stringify(content));
  }
}

/** Nodes and weights of a graph, in the order they are made. */
class GraphWriter {
  nodes = [];
  weights = []; // { name, shape }
  constants = [];
  #count = 0;

  node(operation, inputs, output = `value.${this.#count++}`, attributes = []) {
    this.nodes.push(message(1, ...inputs.map((name) => message(1, name)), message(2, output), message(4, operation), ...attributes));
    return output;
  }

  weight(name, ...shape) {
    this.weights.push({ name, shape });
    return name;
  }

  integers(...values) {
    const name = `constant.${this.#count++}`;
    this.constants.push(tensor(name, [values.length], int64, BigInt64Array.from(values, BigInt)));
    return name;
  }

  scalar(value) {
    const name = `constant.${this.#count++}`;
    this.constants.push(tensor(name, [], float32, Float32Array.of(value)));
    return name;
  }

  /** 0 for a token, the lowest float for padding: [batch, 1, 1, tokens]. */
  attentionMask() {
    const wide = this.node('Unsqueeze', ['attention_mask', this.integers(1, 2)]);
    const real = this.node('Cast', [wide], undefined, [message(5, message(1, 'to'), integer(3, float32), integer(20, 2))]);
    return this.node('Mul', [this.node('Sub', [this.scalar(1), real]), this.scalar(-3.4e38)]);
  }

  embeddings(vocabulary, positions, width) {
    const tokens = this.node('Gather', [this.weight('embeddings.word', vocabulary, width), 'input_ids']);
    const types = this.node('Gather', [this.weight('embeddings.type', 2, width), 'token_type_ids']);
    const length = this.node('Gather', [this.node('Shape', ['input_ids']), this.integers(1)]);
    const places = this.node('Slice', [this.weight('embeddings.position', positions, width), this.integers(0), length, this.integers(0)]);
    return this.norm('embeddings', this.node('Add', [this.node('Add', [tokens, types]), places]), width);
  }

  layer(name, hidden, mask, { width, heads, feedForward }) {
    const split = (part, order) => {
      const projected = this.linear(`${name}.${part}`, hidden, width, width);
      return this.transpose(this.node('Reshape', [projected, this.integers(0, 0, heads, width / heads)]), order);
    };
    const [query, key, value] = [split('query', [0, 2, 1, 3]), split('key', [0, 2, 3, 1]), split('value', [0, 2, 1, 3])];
    const scores = this.node('Div', [this.node('MatMul', [query, key]), this.scalar(Math.sqrt(width / heads))]);
    const weights = this.node('Softmax', [this.node('Add', [scores, mask])], undefined, [message(5, message(1, 'axis'), integer(3, 3), integer(20, 2))]);
    const context = this.node('Reshape', [this.transpose(this.node('MatMul', [weights, value]), [0, 2, 1, 3]), this.integers(0, 0, width)]);
    const attended = this.norm(`${name}.attention`, this.node('Add', [this.linear(`${name}.output`, context, width, width), hidden]), width);
    const inner = this.linear(`${name}.up`, attended, width, feedForward);
    const erf = this.node('Erf', [this.node('Div', [inner, this.scalar(Math.SQRT2)])]);
    const gelu = this.node('Mul', [this.node('Mul', [inner, this.node('Add', [erf, this.scalar(1)])]), this.scalar(0.5)]);
    return this.norm(name, this.node('Add', [this.linear(`${name}.down`, gelu, feedForward, width), attended]), width);
  }

  linear(name, input, from, to) {
    return this.node('Add', [this.weight(`${name}.bias`, to), this.node('MatMul', [input, this.weight(`${name}.weight`, from, to)])]);
  }

  norm(name, input, width) {
    return this.node('LayerNormalization', [input, this.weight(`${name}.norm.weight`, width), this.weight(`${name}.norm.bias`, width)]);
  }

  transpose(input, order) {
    return this.node('Transpose', [input], undefined, [message(5, message(1, 'perm'), ...order.map((axis) => integer(8, axis)), integer(20, 7))]);
  }
}

/** Source of the numbers: https://github.com/onnx/onnx/blob/v1.19.0/onnx/onnx.proto */
async function writeModel(path, graph, width, external) {
  const location = 'model.onnx_data';
  const bytesOf = ({ shape }) => shape.reduce((product, size) => product * size, 4);
  const before = Buffer.concat([message(2, 'encoder'), ...graph.nodes, ...graph.constants]);
  const values = Buffer.concat([
    ...['input_ids', 'attention_mask', 'token_type_ids'].map((name) => valueInfo(11, name, int64, 'batch', 'tokens')),
    valueInfo(12, 'last_hidden_state', float32, 'batch', 'tokens', width),
  ]);
  let offset = 0;
  const tensors = graph.weights.map((weight) => {
    const length = bytesOf(weight);
    const head = [...weight.shape.map((size) => integer(1, size)), integer(2, float32), message(8, weight.name)];
    const entries = { location, offset, length };
    offset += length;
    if (external) return { head: message(5, ...head, ...Object.entries(entries).map(([key, value]) => message(13, message(1, key), message(2, String(value)))), integer(14, 1)), length: 0 };
    const body = Buffer.concat([...head, varint(9 * 8 + 2), varint(length)]);
    return { head: Buffer.concat([varint(5 * 8 + 2), varint(body.length + length), body]), length };
  });
  const graphBytes = before.length + values.length + tensors.reduce((sum, { head, length }) => sum + head.length + length, 0);
  const file = await open(`${path}.part`, 'w');
  await file.write(Buffer.concat([integer(1, 8), message(8, integer(2, 17)), varint(7 * 8 + 2), varint(graphBytes), before]));
  for (const { head, length } of tensors) {
    await file.write(head);
    await writeRandom(file, length);
  }
  await file.write(values);
  await file.close();
  if (external) {
    const data = await open(join(dirname(path), location), 'w');
    await writeRandom(data, offset);
    await data.close();
  }
  await rename(`${path}.part`, path);
}

let piece;

async function writeRandom(file, bytes) {
  piece ??= Buffer.from(Float32Array.from({ length: pieceElements }, (_, index) => ((index * 40503) % 2001) / 1e5 - 0.01).buffer); // -0.01 to 0.01
  for (let left = bytes; left > 0; left -= piece.length) await file.write(piece.subarray(0, Math.min(left, piece.length)));
}

/** A WordPiece vocabulary: control tokens, then "w0", "w1" ... */
function wordPiece(size) {
  const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
  const tokens = [...special, ...Array.from({ length: size - special.length }, (_, index) => `w${index}`)];
  const around = (content) => ({ SpecialToken: { id: content, type_id: 0 } });
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map((content, id) => ({ id, content, special: true, normalized: false, single_word: false, lstrip: false, rstrip: false })),
    normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [around('[CLS]'), { Sequence: { id: 'A', type_id: 0 } }, around('[SEP]')],
      pair: [],
      special_tokens: { '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] }, '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] } },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: { type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100, vocab: Object.fromEntries(tokens.map((token, id) => [token, id])) },
  };
}

function varint(value) {
  const bytes = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 128 : low);
  } while (rest > 0n);
  return Buffer.from(bytes);
}

/** A field with text, bytes or a message in it. */
function message(number, ...content) {
  const body = Buffer.concat(content.map((part) => Buffer.from(part)));
  return Buffer.concat([varint(number * 8 + 2), varint(body.length), body]);
}

function integer(number, value) {
  return Buffer.concat([varint(number * 8), varint(value)]);
}

function tensor(name, shape, type, values) {
  return message(5, ...shape.map((size) => integer(1, size)), integer(2, type), message(8, name), message(9, Buffer.from(values.buffer)));
}

function valueInfo(number, name, type, ...shape) {
  const dims = shape.map((size) => message(1, typeof size === 'string' ? message(2, size) : integer(1, size)));
  return message(number, message(1, name), message(2, message(1, integer(1, type), message(2, ...dims))));
}
