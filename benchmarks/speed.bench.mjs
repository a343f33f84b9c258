// Expected against measured: the speed that "llmi check" tells in advance, and that of the model on all cores, in turn.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, defaultSettings } from '@llmi/engine';
import { runModel } from './arms/run-model.mjs';
import { alternate, median, spread } from './measure.mjs';
import { randomArchitecture } from './models/random-architectures.mjs';
import { randomModel } from './models/random-gguf.mjs';
import { randomEncoder } from './models/random-onnx.mjs';

const completion = { prompt: 'small boats sail over the quiet sea while', mode: 'complete', temperature: 0, maxTokens: 48 };
const sentences = { texts: Array.from({ length: 128 }, (_, text) => Array.from({ length: 30 }, (_, word) => `w${text * 30 + word}`).join(' ')) };

const cases = {
  'SmolLM-135M-Q8_0': { path: randomModel, handler: import.meta.resolve('@llmi/handler-transformer'), request: completion, perSecond: tokensPerSecond },
  'Llama-0.5B-Q4_K': {
    path: () => randomArchitecture('Llama-0.5B-Q4_K', { architecture: 'llama', context: 4096, layers: 10, width: 2048, heads: 32, kvHeads: 8, headSize: 64, feedForward: 6144, vocabulary: 32000, type: 'Q4_K', embeddingType: 'Q6_K' }),
    handler: import.meta.resolve('@llmi/handler-transformer'),
    request: completion,
    perSecond: tokensPerSecond,
  },
  'MiniLM-90MB': {
    path: () => randomEncoder('MiniLM-90MB', { layers: 6, width: 384, heads: 12, feedForward: 1536, vocabulary: 30522, positions: 512 }),
    handler: import.meta.resolve('@llmi/handler-embedding'),
    request: sentences,
    perSecond: ({ totalMs }) => (sentences.texts.length * 1000) / totalMs,
  },
};

export default async function bench() {
  const results = [];
  for (const [name, { path, handler, request, perSecond }] of Object.entries(cases)) {
    const modelPath = await path();
    const runs = await alternate({
      expected: () => check(modelPath),
      measured: async () => {
        const { model, cores } = await check(modelPath);
        const { answers } = await runModel(handler, { model, path: modelPath, options: { contextSize: 512, threads: cores }, warmup: request, requests: [{ ...request, ...(request.prompt ? { prompt: `now ${request.prompt}` } : {}) }] });
        return perSecond(answers[0]);
      },
    });
    const expected = median(runs.expected.map(({ speed }) => speed.perSecond));
    const measured = median(runs.measured);
    results.push({
      name: `speed of ${name}`,
      value: expected / measured,
      unit: 'ratio',
      within: [0.7, 1.4],
      detail: `${expected.toFixed(1)} expected, ${measured.toFixed(1)} measured per second (${runs.expected[0].speed.unit}), ${runs.expected[0].cores} cores, spread ${(100 * spread(runs.measured)).toFixed(0)} %`,
    });
  }
  return results;
}

/** With an empty llmi home, so that the machine is measured anew. */
async function check(path) {
  const home = mkdtempSync(join(tmpdir(), 'llmi-bench-'));
  await using engine = createEngine(defaultSettings({ home, projectDir: import.meta.dirname }));
  try {
    const { model, speed, machine } = await engine.check(path);
    return { model, speed, cores: machine.cores };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function tokensPerSecond({ usage, firstMs, totalMs }) {
  return ((usage.completionTokens - 1) * 1000) / (totalMs - firstMs);
}
