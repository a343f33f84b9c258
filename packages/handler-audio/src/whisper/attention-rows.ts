import { toFloat32, type OnnxTensor } from '@llmi/runtime-onnx';
import type { DecoderGraph } from '../seq2seq/decoder-graph.js';
import type { WhisperSettings } from './whisper-settings.js';

/** Heads of the cross-attention: [layer, head]. */
type Heads = readonly (readonly [number, number])[];

/** The heads that follow the sound; all of the upper half of the layers where the model does not say which do, as OpenAI's Whisper has it. */
export function pickHeads({ alignmentHeads, decoderHeads }: WhisperSettings, decoder: DecoderGraph): Heads {
  if (alignmentHeads.length > 0) return alignmentHeads;
  const layers = decoder.first.outputs.filter(({ name }) => name.startsWith('cross_attentions')).length;
  return Array.from({ length: Math.ceil(layers / 2) * decoderHeads }, (_, index) => [Math.floor(layers / 2) + Math.floor(index / decoderHeads), index % decoderHeads] as const);
}

/** What some heads of the decoder looked at, for each token that was made but the last. */
export class AttentionRows {
  /** Per head, per token [positions]. */
  readonly rows: Float32Array[][];

  constructor(private readonly heads: Heads) {
    this.rows = heads.map(() => []);
  }

  /** `layers`: [1, heads, 1, positions] each. */
  add(layers: readonly OnnxTensor[]): void {
    for (const [index, [layer, head]] of this.heads.entries()) {
      const tensor = layers[layer]!;
      const positions = tensor.shape[3]!;
      this.rows[index]!.push(toFloat32(tensor).slice(head * positions, (head + 1) * positions));
    }
  }
}
