// One loaded model that decodes when it is told to, and tells tokens per second.
import { LlamaModel } from '@llmi/runtime-llama-cpp';

const { modelPath, threads, adaptThreads } = JSON.parse(process.argv[2]);
const model = await LlamaModel.load(modelPath, { device: 'cpu', threads, adaptThreads, contextSize: 512 });
const prompt = model.tokenize('small boats sail over the quiet sea');

process.on('message', async ({ maxTokens }) => {
  let first;
  let count = 0;
  for await (const _ of model.generate(prompt, { maxTokens })) {
    first ??= performance.now();
    count++;
  }
  process.send(((count - 1) * 1000) / (performance.now() - first));
});
process.send({ ready: true });
