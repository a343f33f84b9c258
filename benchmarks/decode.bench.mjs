// Decoding through POST /generate/stream against the raw engine: the same weights, threads, prompts and token counts.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { startServer } from './arms/server.mjs';
import { alternate, median, spread } from './measure.mjs';
import { randomModel } from './models/random-gguf.mjs';

const contextSize = 1024;
const maxTokens = 192;
const prompts = Array.from({ length: 16 }, (_, index) => `${index + 1} small boats sail over the quiet sea while the wind turns and the harbour lights come on one by one. `);

export default async function bench() {
  const modelPath = await randomModel();
  const results = [];
  for (const threads of [1, 2]) results.push(...(await compare(modelPath, threads)));
  return results;
}

async function compare(modelPath, threads) {
  const bare = fork(fileURLToPath(new URL('arms/bare-llama.mjs', import.meta.url)), [JSON.stringify({ modelPath, threads, contextSize })], {
    env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
  });
  await once(bare, 'message');
  const server = await startServer(modelPath, { LLMI_THREADS: String(threads), LLMI_CONTEXT_SIZE: String(contextSize) });
  try {
    const runs = await alternate(
      {
        bare: async (round) => {
          bare.send({ prompt: prompts[round], maxTokens });
          return (await once(bare, 'message'))[0];
        },
        llmi: (round) => stream(server.url, { prompt: prompts[round], mode: 'complete', temperature: 0, max_tokens: maxTokens }),
      },
      { repetitions: 9, warmups: 2 },
    );
    const speed = (arm) => median(runs[arm].map((run) => run.tokensPerSecond));
    const first = runs.llmi.map((run, round) => run.firstTokenMs - runs.bare[round].firstTokenMs);
    const detail = `135M Q8_0, ${threads} thread${threads > 1 ? 's' : ''}: ${speed('llmi').toFixed(1)} and ${speed('bare').toFixed(1)} tokens/s, spread ${(100 * spread(runs.bare.map((run) => run.tokensPerSecond))).toFixed(0)} %`;
    return [
      { name: `decode over HTTP / bare engine, ${threads}t`, value: speed('llmi') / speed('bare'), unit: 'ratio', target: 0.97, atLeast: true, detail },
      { name: `first token over HTTP - bare, ${threads}t`, value: median(first), unit: 'ms', target: 5, atLeast: false, detail: `bare ${median(runs.bare.map((run) => run.firstTokenMs)).toFixed(1)} ms` },
    ];
  } finally {
    bare.kill();
    await server.stop();
  }
}

/** One streamed answer: time to the first text event, and tokens per second from there to the last. */
function stream(url, body) {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    let first;
    let last;
    let text = '';
    const call = request(`${url}/generate/stream`, { method: 'POST', headers: { 'content-type': 'application/json' } }, (response) => {
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        if (chunk.includes('"type":"text"')) first ??= performance.now();
        last = performance.now();
        text += chunk;
      });
      response.on('end', () => {
        const done = text.split('\n\n').find((event) => event.includes('"type":"done"'));
        if (!done) return reject(new Error(`no done event: ${text.slice(-500)}`));
        const tokens = JSON.parse(done.slice('data: '.length)).usage.completion_tokens;
        resolve({ firstTokenMs: first - start, tokens, tokensPerSecond: ((tokens - 1) * 1000) / (last - first) });
      });
    });
    call.on('error', reject);
    call.end(JSON.stringify(body));
  });
}
