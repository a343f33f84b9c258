/** What a run of the model is about. */
export interface RunSize {
  width: number; // pixels
  height: number;
  /** Rows that the denoiser is given at once: pictures, and both sides of the guidance where they go together. */
  rows: number;
  /** Pictures that come out of the VAE together. */
  pictures: number;
  /** Frames of the latents; 1 for pictures. */
  frames: number;
}

/** Peak of the numbers between the layers of one graph, and how it comes about. */
export interface Activations {
  bytes: number;
  derivation: string;
}

type Config = Readonly<Record<string, unknown>>;

const floatBytes = 4;
/** Scores of attention, and their softmax beside them. */
const scoreMaps = 2;
/**
 * Maps of features that live at the same time in a residual layer: what is kept for the sum, its norm, and both sides of the activation;
 * and a tenth more, lost between them since ONNX Runtime's memory grows by powers of two. Measured from 256 to 768 pixels.
 */
const liveMaps = 4.4;

const numberOr = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise);
const list = (value: unknown, otherwise: readonly number[]): readonly number[] => (Array.isArray(value) && value.every((item) => typeof item === 'number') ? (value as number[]) : otherwise);

const larger = (left: Activations, right: Activations) => (left.bytes >= right.bytes ? left : right);

/** Scores of attention between tokens, in all heads. */
function attention(rows: number, heads: number, tokens: number): Activations {
  return { bytes: scoreMaps * rows * heads * tokens ** 2 * floatBytes, derivation: `attention: ${scoreMaps} x ${rows} rows x ${heads} heads x ${tokens}^2 tokens x ${floatBytes} bytes` };
}

function featureMaps(rows: number, channels: number, width: number, height: number): Activations {
  return { bytes: Math.round(liveMaps * rows * channels * width * height * floatBytes), derivation: `${liveMaps} maps x ${rows} x ${channels} channels x ${width} x ${height} x ${floatBytes} bytes` };
}

/**
 * A UNet: the attention of its first level that has one, or the widest maps, which are the joined ones of the last block.
 * Heads are `num_attention_heads`, which old configurations call `attention_head_dim`.
 */
export function unetActivations(config: Config, { width, height, rows, frames }: RunSize, scale: number): Activations {
  const channels = list(config.block_out_channels, [320, 640, 1280, 1280]);
  const kinds = Array.isArray(config.down_block_types) ? config.down_block_types.map(String) : ['CrossAttnDownBlock2D'];
  const [columns, lines] = [Math.ceil(width / scale), Math.ceil(height / scale)];
  const all = rows * frames;
  let most = featureMaps(all, channels[0]! + (channels[1] ?? channels[0]!), columns, lines);
  for (let level = 0; level < channels.length; level++) {
    if (!/Attn/.test(kinds[level] ?? '')) continue;
    const given = config.num_attention_heads ?? config.attention_head_dim ?? 8;
    const heads = Array.isArray(given) ? numberOr(given[level], 8) : numberOr(given, 8);
    most = larger(most, attention(all, heads, Math.ceil(columns / 2 ** level) * Math.ceil(lines / 2 ** level)));
  }
  return most;
}

/** A transformer over patches of the latents and tokens of the text, all of which see each other. */
export function transformerActivations(config: Config, { width, height, rows, frames }: RunSize, scale: number, textTokens: number): Activations {
  // Flux folds patches of 2 x 2 into channels before the transformer, whose own patch is then 1.
  const patch = Math.max(2, numberOf(config.patch_size));
  const pictureTokens = frames * Math.ceil(width / scale / patch) * Math.ceil(height / scale / patch);
  const tokens = pictureTokens + textTokens;
  const heads = numberOr(config.num_attention_heads, 24);
  const hidden = heads * numberOr(config.attention_head_dim, 64);
  const feedForward = { bytes: rows * tokens * 8 * hidden * floatBytes, derivation: `feed-forward: ${rows} rows x ${tokens} tokens x 8 x ${hidden} x ${floatBytes} bytes` };
  return larger(attention(rows, heads, tokens), feedForward);
}

const numberOf = (value: unknown) => numberOr(value, 1);

/** The decoder of a VAE: maps of the last block at the size of the picture, or the attention of one head in its middle. */
export function vaeActivations(config: Config, { width, height, pictures, frames }: RunSize, scale: number): Activations {
  const channels = list(config.block_out_channels ?? config.decoder_block_out_channels, [128, 256, 512, 512]);
  const maps = featureMaps(pictures * frames, channels[1] ?? channels[0]!, width, height);
  if (config.mid_block_add_attention === false) return maps;
  return larger(maps, attention(pictures * frames, 1, Math.ceil(width / scale) * Math.ceil(height / scale)));
}

/** A text encoder: attention between its tokens and their feed-forward network. */
export function textActivations(config: Config, prompts: number, tokens: number): Activations {
  const heads = numberOr(config.num_attention_heads ?? config.num_heads, 12);
  const hidden = numberOr(config.hidden_size ?? config.d_model, 768);
  const intermediate = numberOr(config.intermediate_size ?? config.d_ff, 4 * hidden);
  const perToken = 4 * hidden + 2 * intermediate + scoreMaps * heads * tokens;
  return { bytes: prompts * tokens * perToken * floatBytes, derivation: `${prompts} prompts x ${tokens} tokens x ${perToken} x ${floatBytes} bytes` };
}
