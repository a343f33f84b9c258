export { ggufFacts, ggufFile, ggufTensorBytes, type GgufMetadata, type GgufOptions, type GgufTensor, type GgufValue, type TensorType } from './gguf-file.js';
export { randomLlama, type RandomLlama } from './random-llama.js';
export { tinyGguf } from './tiny-gguf.js';
