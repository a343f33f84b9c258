// Threads beside other programs: threads that adapt against each fixed number of them, in the same minutes.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { alternate, median } from './measure.mjs';
import { randomModel } from './models/random-gguf.mjs';

const cores = Math.min(availableParallelism(), 4);
const maxTokens = 96;

export default async function bench() {
  const modelPath = await randomModel();
  const arms = { adapting: await start({ modelPath, threads: cores, adaptThreads: true }) };
  for (let threads = 1; threads <= cores; threads++) arms[`${threads} fixed`] = await start({ modelPath, threads, adaptThreads: false });
  const results = [];
  try {
    for (const busy of [0, 1, cores]) results.push(await beside(busy, arms));
  } finally {
    for (const arm of Object.values(arms)) arm.kill();
  }
  return results;
}

async function beside(busy, arms) {
  const others = Array.from({ length: busy }, () => new Worker('for (;;);', { eval: true }));
  try {
    const asked = Object.fromEntries(Object.entries(arms).map(([name, arm]) => [name, () => tokensPerSecond(arm)]));
    const runs = await alternate(asked, { repetitions: 5, warmups: 1 });
    const speeds = Object.fromEntries(Object.entries(runs).map(([name, values]) => [name, median(values)]));
    const fixed = Object.entries(speeds).filter(([name]) => name !== 'adapting');
    const best = Math.max(...fixed.map(([, speed]) => speed));
    const detail = Object.entries(speeds).map(([name, speed]) => `${name} ${speed.toFixed(0)}`).join(', ');
    return { name: `adapting threads / best fixed number, beside ${busy} busy`, value: speeds.adapting / best, unit: 'ratio', target: 0.9, atLeast: true, detail: `135M Q8_0, tokens/s: ${detail}` };
  } finally {
    await Promise.all(others.map((worker) => worker.terminate()));
  }
}

async function start(settings) {
  const arm = fork(fileURLToPath(new URL('arms/llama-threads.mjs', import.meta.url)), [JSON.stringify(settings)], { env: { ...process.env, UV_THREADPOOL_SIZE: '1' } });
  await once(arm, 'message');
  return arm;
}

async function tokensPerSecond(arm) {
  arm.send({ maxTokens });
  return (await once(arm, 'message'))[0];
}
