import type { MemoryPart } from '@llmi/core';
import type { AudioTask } from './find-kind.js';
import { numberOf } from './model-files.js';

const floatBytes = 4;
/** Of speech that is heard at once, and that a part of a text makes. */
const [heardSeconds, spokenSeconds] = [30, 20];
const sampleRate = 16_000;
/** Channels of a vocoder at half of its rate, where most of its memory is, and the maps of them that live at the same time. */
const [vocoderChannels, liveMaps] = [32, 4];

/** What lives at once while a model runs, in float32. */
export function activationParts(config: Record<string, unknown>, task: AudioTask): MemoryPart[] {
  if (task === 'voice-activity-detection') return [];
  if (task === 'text-to-speech') {
    const samples = spokenSeconds * sampleRate;
    return [{ name: 'activations', bytes: (samples / 2) * vocoderChannels * liveMaps * floatBytes, derivation: `${spokenSeconds} seconds x ${sampleRate / 2} x ${vocoderChannels} channels x ${liveMaps} maps x ${floatBytes} bytes` }];
  }
  const hidden = numberOf(config, 'd_model', numberOf(config, 'hidden_size', 768));
  const heads = numberOf(config, 'encoder_attention_heads', numberOf(config, 'num_attention_heads', 12));
  const intermediate = numberOf(config, 'encoder_ffn_dim', numberOf(config, 'intermediate_size', 4 * hidden));
  const positions = numberOf(config, 'max_source_positions', heardSeconds * 50);
  // A layer of the encoder: the residual, its norm and what goes in and out, and either the feed-forward network or the attention scores with their softmax.
  const widest = Math.max(2 * intermediate, 2 * heads * positions);
  const encoder: MemoryPart = { name: 'activations', bytes: positions * (4 * hidden + widest) * floatBytes, derivation: `${positions} positions x (4 x ${hidden} + ${widest}) x ${floatBytes} bytes` };
  const layers = numberOf(config, 'decoder_layers', 0);
  if (layers === 0) return [encoder];
  const tokens = numberOf(config, 'max_target_positions', 448);
  const cache = 2 * layers * (positions + tokens) * hidden * floatBytes;
  return [encoder, { name: 'KV cache', bytes: cache, derivation: `2 x ${layers} layers x (${positions} positions + ${tokens} tokens) x ${hidden} x ${floatBytes} bytes` }];
}
