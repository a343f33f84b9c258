import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Writes protobuf by hand: enough of it for small ONNX graphs. Source: https://github.com/onnx/onnx/blob/v1.19.0/onnx/onnx.proto */
function varint(value: number): Buffer {
  return value < 128 ? Buffer.of(value) : Buffer.concat([Buffer.of((value % 128) | 128), varint(Math.floor(value / 128))]);
}

function field(number: number, ...content: (string | Buffer)[]): Buffer {
  const body = Buffer.concat(content.map((part) => Buffer.from(part as string)));
  return Buffer.concat([varint(number * 8 + 2), varint(body.length), body]);
}

const integer = (number: number, value: number) => Buffer.concat([varint(number * 8), varint(value)]);
const [float32, int64, boolean] = [1, 7, 9];

const node = (operator: string, inputs: string[], output: string, attributes: Record<string, number[]> = {}) =>
  field(1, ...inputs.map((name) => field(1, name)), field(2, output), field(4, operator), ...Object.entries(attributes).map(([name, values]) => field(5, field(1, name), ...values.map((value) => integer(8, value)), integer(20, 7))));

function weights(name: string, dims: number[], values: number[]): Buffer {
  return field(5, ...dims.map((size) => integer(1, size)), integer(2, float32), field(8, name), field(9, Buffer.from(Float32Array.from(values).buffer)));
}

/** Input (11) or output (12) of a graph; a dimension is a size or a name. */
function value(number: 11 | 12, name: string, type: number, ...shape: (number | string)[]): Buffer {
  const dims = shape.map((size) => field(1, typeof size === 'string' ? field(2, size) : integer(1, size)));
  return field(number, field(1, name), field(2, field(1, integer(1, type), field(2, ...dims))));
}

const graph = (...parts: Buffer[]) => Buffer.concat([integer(1, 8), field(8, integer(2, 13)), field(7, field(2, 'tiny'), ...parts)]);

const [vocabulary, width, channels, scale] = [514, 4, 4, 8];
const wave = (count: number) => Array.from({ length: count }, (_, index) => Math.sin(index * 1.7));

/** Looks up a vector for each token. */
const textEncoder = graph(
  node('Gather', ['table', 'input_ids'], 'last_hidden_state'),
  weights('table', [vocabulary, width], wave(vocabulary * width)),
  value(11, 'input_ids', int64, 'batch', 'tokens'),
  value(12, 'last_hidden_state', float32, 'batch', 'tokens', width),
);

const integers = (name: string, dims: number[], values: bigint[]) => field(5, ...dims.map((size) => integer(1, size)), integer(2, int64), field(8, name), field(9, Buffer.from(BigInt64Array.from(values).buffer)));

/** Half of the latents, moved by the mean of the text; `more` channels beside them are left out. `factor` NaN stands for weights that overflow. */
const unet = (factor: number, more: number) =>
  graph(
    node('Slice', ['sample', 'start', 'end', 'axis'], 'latents'),
    integers('start', [1], [0n]),
    integers('end', [1], [BigInt(channels)]),
    integers('axis', [1], [1n]),
    node('ReduceMean', ['encoder_hidden_states'], 'meaning', { axes: [1, 2] }),
    node('Reshape', ['meaning', 'shape'], 'shift'),
    node('Mul', ['latents', 'factor'], 'scaled'),
    node('Add', ['scaled', 'shift'], 'out_sample'),
    weights('factor', [1], [factor]),
    integers('shape', [4], [-1n, 1n, 1n, 1n]),
    value(11, 'sample', float32, 'batch', channels + more, 'height', 'width'),
    ...(more > 0 ? [value(11, 'class_labels', int64, 'batch')] : []),
    value(11, 'timestep', int64, 'steps'),
    value(11, 'encoder_hidden_states', float32, 'batch', 'tokens', width),
    value(12, 'out_sample', float32, 'batch', channels, 'height', 'width'),
  );

const sides = { kernel_shape: [scale, scale], strides: [scale, scale] };

/** Each value of the first three channels becomes a square of its colour. */
const decoder = graph(
  node('ConvTranspose', ['latent_sample', 'colours'], 'sample', sides),
  weights('colours', [channels, 3, scale, scale], Array.from({ length: channels * 3 * scale ** 2 }, (_, index) => (Math.floor(index / scale ** 2) % 4 === 0 ? 0.1 : 0))),
  value(11, 'latent_sample', float32, 'batch', channels, 'height', 'width'),
  value(12, 'sample', float32, 'batch', 3, 'height_px', 'width_px'),
);

/** Means of squares, and a variance of 1. */
const encoder = graph(
  node('Conv', ['sample', 'means'], 'latent_parameters', sides),
  weights('means', [2 * channels, 3, scale, scale], Array.from({ length: 2 * channels * 3 * scale ** 2 }, (_, index) => (Math.floor(index / scale ** 2) % 4 === 0 && index < 3 * 3 * scale ** 2 ? 0.1 : 0))),
  value(11, 'sample', float32, 'batch', 3, 'height_px', 'width_px'),
  value(12, 'latent_parameters', float32, 'batch', 2 * channels, 'height', 'width'),
);

/** Objects to pictures that are bright in the mean. */
export const safetyChecker = graph(
  node('ReduceMean', ['images'], 'brightness'),
  node('Greater', ['brightness', 'limit'], 'has_nsfw_concepts'),
  weights('limit', [1], [0.5]),
  value(11, 'clip_input', float32, 'batch', 3, 224, 224),
  value(11, 'images', float32, 'batch', 'height', 'width', 3),
  value(12, 'has_nsfw_concepts', boolean, 1, 1, 1, 1),
);

/** Bytes as CLIP writes them, each its own token. */
function tokenizerFiles(): Record<string, string> {
  const visible = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173));
  const letters = [...visible.map((byte) => String.fromCodePoint(byte)), ...Array.from({ length: 256 - visible.length }, (_, index) => String.fromCodePoint(256 + index))];
  const tokens = [...letters, ...letters.map((letter) => `${letter}</w>`), '<|startoftext|>', '<|endoftext|>'];
  const special = { bos_token: '<|startoftext|>', eos_token: '<|endoftext|>', unk_token: '<|endoftext|>', pad_token: '<|endoftext|>' };
  return {
    'tokenizer/vocab.json': JSON.stringify(Object.fromEntries(tokens.map((token, index) => [token, index]))),
    'tokenizer/merges.txt': '#version: 0.2\n',
    'tokenizer/special_tokens_map.json': JSON.stringify(special),
    'tokenizer/tokenizer_config.json': JSON.stringify({ tokenizer_class: 'CLIPTokenizer', model_max_length: 77, ...special }),
  };
}

const scheduler = { _class_name: 'EulerDiscreteScheduler', beta_start: 0.00085, beta_end: 0.012, beta_schedule: 'scaled_linear', num_train_timesteps: 1000 };

/** The files of a small Stable Diffusion. */
export function tinyFiles({ factor = 0.5, more = 0 } = {}): Record<string, string | Buffer> {
  const vae = JSON.stringify({ _class_name: 'AutoencoderKL', latent_channels: channels, block_out_channels: [1, 1, 1, 1], scaling_factor: 1, sample_size: 64 });
  return {
    'model_index.json': JSON.stringify({ _class_name: 'StableDiffusionPipeline' }),
    'scheduler/scheduler_config.json': JSON.stringify(scheduler),
    'text_encoder/config.json': '{}',
    'text_encoder/model.onnx': textEncoder,
    'unet/config.json': JSON.stringify({ in_channels: channels + more, sample_size: 8, cross_attention_dim: width }),
    'unet/model.onnx': unet(factor, more),
    'vae_decoder/config.json': vae,
    'vae_decoder/model.onnx': decoder,
    'vae_encoder/config.json': vae,
    'vae_encoder/model.onnx': encoder,
    ...tokenizerFiles(),
  };
}

/** A folder with these files, in the system's place for temporary ones. */
export function writeFiles(files: Record<string, string | Buffer | undefined>): string {
  const folder = mkdtempSync(join(tmpdir(), 'llmi-diffusion-'));
  for (const [path, content] of Object.entries(files)) {
    if (content === undefined) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}
