// Embeddings of 1,000 texts of 5 to 300 tokens, most of them short: MiniLM in int8 against a plain pipeline of transformers.js in
// batches of 32, and an encoder of its shape in float32 against sentence-transformers on torch, with the same weights and threads.
// PYTHON names an interpreter with sentence-transformers; without it the second row is left out.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { loadEmbedder } from '@llmi/handler-embedding';
import { alternate, median, spread, timed } from './measure.mjs';
import { randomEncoder } from './models/random-onnx.mjs';

const shared = process.env.LLMI_SHARED ?? fileURLToPath(new URL('../../shared', import.meta.url));
const miniLm = join(shared, 'fixtures/hub/llmi-fixtures/all-MiniLM-L6-v2');
const count = Number(process.env.TEXTS ?? 1000);
const batchSize = 32;
/** Each is one token of BERT's vocabulary. */
const english = 'the of and to in is it for on with as was at by from have or an be this that which one had not are but what all were when we there can'.split(' ');

export default async function bench() {
  return [...(existsSync(miniLm) ? [await againstPipeline()] : []), ...(process.env.PYTHON ? [await againstTorch(process.env.PYTHON)] : [])];
}

/** Texts of 5 + 295 u^3 tokens, u uniform, the special ones counted. */
function texts(words) {
  let state = 42;
  const uniform = () => (state = (state * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
  return Array.from({ length: count }, () => Array.from({ length: Math.round(5 + 295 * uniform() ** 3) - 2 }, () => words[Math.floor(uniform() * words.length)]).join(' '));
}

async function againstPipeline() {
  const { env, pipeline } = await import('@huggingface/transformers');
  Object.assign(env, { allowRemoteModels: false, localModelPath: dirname(miniLm) });
  const extract = await pipeline('feature-extraction', basename(miniLm), { dtype: 'q8' });
  const embedder = await loadEmbedder(miniLm);
  const input = texts(english);
  try {
    const runs = await alternate(
      {
        llmi: () => timed(() => embedder.embedText({ texts: input })),
        pipeline: () => timed(async () => {
          for (let start = 0; start < input.length; start += batchSize) await extract(input.slice(start, start + batchSize), { pooling: 'mean', normalize: true });
        }),
      },
      { repetitions: 5, warmups: 1 },
    );
    return row('embeddings in int8 / transformers.js in batches of 32', runs.llmi, runs.pipeline, 6);
  } finally {
    await embedder[Symbol.asyncDispose]();
    await extract.dispose();
  }
}

async function againstTorch(python) {
  const shape = { layers: 6, width: 384, heads: 12, feedForward: 1536, vocabulary: 30522, positions: 512 };
  const folder = await randomEncoder('random-minilm', shape);
  const embedder = await loadEmbedder(folder);
  const threads = availableParallelism();
  const child = spawn(python, [fileURLToPath(new URL('arms/sentence-transformers.py', import.meta.url)), folder, String(threads)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const input = texts(Array.from({ length: 1000 }, (_, index) => `w${index * 7}`)); // words of its vocabulary
  const ask = async () => {
    child.stdin.write(`${JSON.stringify({ texts: input })}\n`);
    return JSON.parse((await lines.next()).value);
  };
  try {
    await lines.next(); // ready
    const { embeddings } = await embedder.embedText({ texts: input });
    const { first } = await ask();
    const difference = Math.max(...first.map((value, index) => Math.abs(value - embeddings[0][index])));
    if (difference > 1e-4) throw new Error(`the two sides differ by ${difference}`);
    const runs = await alternate({ llmi: () => timed(() => embedder.embedText({ texts: input })), torch: async () => (await ask()).milliseconds }, { repetitions: 5, warmups: 0 });
    return row(`embeddings in float32 / sentence-transformers on torch, ${threads} threads`, runs.llmi, runs.torch, 1);
  } finally {
    await embedder[Symbol.asyncDispose]();
    child.stdin.end();
    await once(child, 'exit');
  }
}

function row(name, ours, theirs, target) {
  const detail = `${count} texts: ${(median(ours) / 1000).toFixed(1)} and ${(median(theirs) / 1000).toFixed(1)} s, spread ${(100 * spread(ours)).toFixed(0)} and ${(100 * spread(theirs)).toFixed(0)} %`;
  return { name, value: median(theirs) / median(ours), unit: 'ratio', target, atLeast: true, detail };
}
