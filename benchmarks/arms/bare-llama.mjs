// The raw engine: a bare node-llama-cpp loop over sequence.evaluate, in a process of its own with the environment it is fastest in.
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';

const { modelPath, threads, contextSize } = JSON.parse(process.argv[2]);
const llama = await getLlama({ build: 'never', gpu: false, logLevel: LlamaLogLevel.error });
const model = await llama.loadModel({ modelPath });
const context = await model.createContext({ contextSize, threads });
const sequence = context.getSequence();

process.on('message', async ({ prompt, maxTokens }) => {
  await sequence.clearHistory();
  const start = performance.now();
  const tokens = model.tokenize(prompt, true);
  let first;
  let count = 0;
  for await (const _token of sequence.evaluate(tokens, { temperature: 0 })) {
    first ??= performance.now();
    if (++count === maxTokens) break;
  }
  process.send({ firstTokenMs: first - start, tokens: count, tokensPerSecond: ((count - 1) * 1000) / (performance.now() - first) });
});
process.send({ ready: true });
