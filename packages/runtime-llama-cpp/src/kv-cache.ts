import { LlmiError } from '@llmi/core';
import { metadataText, type GgufMetadata } from './gguf-metadata.js';
import { hasFlashAttention, layerShapes } from './layer-shapes.js';

/** How keys and values are kept, with the bytes of one element. Source: type_traits in ggml.c */
const bytesPerElement = { f32: 4, f16: 2, bf16: 2, q8_0: 34 / 32, q5_1: 24 / 32, q5_0: 22 / 32, q4_1: 20 / 32, q4_0: 18 / 32, iq4_nl: 18 / 32 } as const;

export type KvCacheType = keyof typeof bytesPerElement;

export const defaultKvCacheType: KvCacheType = 'f16';

export function kvElementBytes(type: KvCacheType = defaultKvCacheType): number {
  return bytesPerElement[type];
}

const blockElements = 32; // of every quantized type

/** The type as the library names it. Quantized ones need flash attention, and heads of whole blocks. @throws {LlmiError} INPUT_INVALID, INPUT_UNSUPPORTED */
export function kvCacheOptions(type: KvCacheType | undefined, metadata: GgufMetadata, name: string) {
  if (type === undefined || type === defaultKvCacheType) return {};
  if (!Object.hasOwn(bytesPerElement, type)) {
    throw new LlmiError('INPUT_INVALID', { message: `Keys and values cannot be kept as "${type as string}".`, hint: `Use one of: ${Object.keys(bytesPerElement).join(', ')}.`, param: 'kv_cache_type' });
  }
  const isQuantized = kvElementBytes(type) < 2;
  const hasWholeBlocks = layerShapes(metadata).every(({ keySize, valueSize }) => keySize % blockElements === 0 && valueSize % blockElements === 0);
  if (isQuantized && !(hasWholeBlocks && hasFlashAttention(metadata, metadataText(metadata, 'general.architecture') ?? ''))) {
    throw new LlmiError('INPUT_UNSUPPORTED', {
      message: hasWholeBlocks ? `${name} cannot use flash attention, which a quantized KV cache needs.` : `The heads of ${name} are no multiple of ${blockElements}, as a quantized KV cache needs.`,
      hint: 'Use f16.',
      param: 'kv_cache_type',
    });
  }
  const native = type.toUpperCase() as Uppercase<KvCacheType>;
  return { experimentalKvCacheKeyType: native, experimentalKvCacheValueType: native, ...(isQuantized ? { flashAttention: true } : {}) };
}
