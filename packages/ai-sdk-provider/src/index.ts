export { createLlmi, llmi, type LlmiProvider, type LlmiProviderOptions } from './provider.js';
