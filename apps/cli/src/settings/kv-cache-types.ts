/** How a GGUF text model can keep keys and values. Source: `--cache-type-k` of llama.cpp. */
export const kvCacheTypes = ['f16', 'bf16', 'f32', 'q8_0', 'q5_1', 'q5_0', 'q4_1', 'q4_0', 'iq4_nl'] as const;
