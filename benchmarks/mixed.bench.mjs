// A server under a mix of five kinds of models (text, embeddings, vision, speech, pictures), while every five seconds the runner of
// one of them, chosen at random, is killed with SIGKILL. Every request must get its answer or a typed error, nothing may be stuck,
// no process may be left, and memory must not grow. REQUESTS changes how many; the models are those of LLMI_SHARED.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { writeWav } from '@llmi/media/audio';
import sharp from 'sharp';
import { startServer } from './arms/server.mjs';
import { median } from './measure.mjs';

const shared = process.env.LLMI_SHARED ?? fileURLToPath(new URL('../../shared', import.meta.url));
const hub = join(shared, 'fixtures', 'hub', 'llmi-fixtures');
const total = Number(process.env.REQUESTS ?? 24_000);
const clients = 16;
const killEveryMs = 5000;
const stuckMs = 120_000;
/** A killed runner is a 503 with one of these codes; anything else is a fault. */
const excused = new Set(['RUNNER_CRASHED', 'RUNNER_TIMEOUT']);

const base64 = (bytes) => Buffer.from(bytes).toString('base64');
const tone = base64(writeWav([Float32Array.from({ length: 16_000 }, (_, index) => Math.sin(index / 8) / 4)], { sampleRate: 16_000 }));
const picture = base64(await sharp({ create: { width: 48, height: 32, channels: 3, background: '#3366cc' } }).png().toBuffer());
const kinds = [
  { model: 'tiny-llama3-GGUF', body: (n) => ({ prompt: `Count from ${n}`, max_tokens: 12, seed: n }), answers: ({ text }) => typeof text === 'string' },
  { model: 'all-MiniLM-L6-v2', body: (n) => ({ texts: [`sentence ${n}`, 'another one'] }), answers: ({ embeddings }) => embeddings?.length === 2 && embeddings[0].length === 384 },
  { model: 'tiny-vit', body: () => ({ image: picture }), answers: ({ labels }) => labels?.length > 0 },
  { model: 'tiny-whisper', body: () => ({ audio: tone, max_tokens: 8 }), answers: ({ text }) => typeof text === 'string' },
  { model: 'tiny-lcm-sd15-onnx', body: (n) => ({ prompt: 'a cat', num_inference_steps: 2, seed: n }), answers: ({ images }) => images?.length === 1 },
];

export default async function bench() {
  if (!existsSync(hub)) return [];
  const server = await startServer(kinds.map(({ model }) => join(hub, model)));
  const tally = { answered: 0, failed: 0, wrong: [], stuck: 0, kills: 0, seconds: [] };
  const memory = [];
  const pids = new Set();
  let left = total;
  let isOver = false;
  const killing = (async () => {
    while (!isOver) {
      await pause(killEveryMs);
      const runners = await loaded(server.url);
      for (const { pid } of runners) pids.add(pid);
      memory.push(residentBytes(server.pid));
      const victim = runners[Math.floor(Math.random() * runners.length)];
      if (victim && !isOver) tally.kills += Number(kill(victim.pid));
    }
  })();
  const start = performance.now();
  await Promise.all(Array.from({ length: clients }, async () => {
    while (left > 0) await ask(server.url, left--, tally);
  }));
  const rate = total / ((performance.now() - start) / 1000);
  isOver = true;
  await killing;
  for (const { pid } of await loaded(server.url)) pids.add(pid);
  await server.stop();
  const leaked = [...pids].filter(isAlive).length;
  const third = Math.floor(memory.length / 3);
  const growth = memory.length < 6 ? 1 : median(memory.slice(-third)) / median(memory.slice(third, 2 * third));
  for (const what of tally.wrong.slice(-5)) process.stderr.write(`${what}\n`);
  const detail = `${tally.kills} runners killed, ${tally.answered} answered, ${tally.failed} told of it, ${rate.toFixed(0)} requests per second, slowest ${Math.max(...tally.seconds).toFixed(1)} s`;
  return [
    { name: `${total} mixed requests: lost or wrong`, value: tally.wrong.length, unit: 'requests', target: 0, atLeast: false, detail },
    { name: `${total} mixed requests: stuck`, value: tally.stuck, unit: 'requests', target: 0, atLeast: false, detail: `longer than ${stuckMs / 1000} s` },
    { name: `${total} mixed requests: processes left`, value: leaked, unit: 'processes', target: 0, atLeast: false, detail: `of ${pids.size}` },
    { name: `${total} mixed requests: memory of the server, last third / middle third`, value: growth, unit: 'ratio', target: 1.05, atLeast: false, detail: `${Math.round((memory.at(-1) ?? 0) / 1e6)} MB at the end` },
  ];
}

async function ask(url, n, tally) {
  const { model, body, answers } = kinds[n % kinds.length];
  const begun = performance.now();
  try {
    const reply = await fetch(`${url}/generate`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: `local/${model}`, ...body(n) }),
      signal: AbortSignal.timeout(stuckMs),
    });
    const answer = await reply.json();
    if (reply.status === 200 && answers(answer)) tally.answered++;
    else if (reply.status === 503 && excused.has(answer.error?.code)) tally.failed++;
    else tally.wrong.push(`${model}: ${reply.status} ${JSON.stringify(answer).slice(0, 300)}`);
  } catch (error) {
    if (error.name === 'TimeoutError') tally.stuck++;
    else tally.wrong.push(`${model}: ${error} ${error.cause ?? ''}`);
  }
  tally.seconds.push((performance.now() - begun) / 1000);
}

/** Models in memory that have a process. */
async function loaded(url) {
  const { models } = await (await fetch(`${url}/models`)).json();
  return models.filter(({ pid }) => pid);
}

function kill(pid) {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false; // it has gone by itself meanwhile
  }
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function residentBytes(pid) {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1024;
}
