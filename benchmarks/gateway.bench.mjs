// What the server costs beside the model: requests per second against a bare route of the same framework that checks the same body,
// how even the times of replies are at half of that load, and the memory of 1,000 open streams.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { setImmediate as immediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { alternate, median, spread } from './measure.mjs';

const arm = fileURLToPath(new URL('arms/gateway-server.mjs', import.meta.url));
const connections = 10;
const seconds = 3;
const streams = 1000;
const ask = { method: 'POST', path: '/generate', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ prompt: 'Hello!', mode: 'chat', max_tokens: 100, temperature: 0.7 }) };

export default async function bench() {
  const [llmi, bare] = await Promise.all([start('llmi'), start('bare')]);
  try {
    const runs = await alternate({ llmi: () => load(llmi.url), bare: () => load(bare.url) });
    const rates = { llmi: runs.llmi.map(({ requests }) => requests.average), bare: runs.bare.map(({ requests }) => requests.average) };
    const half = median(rates.llmi) / 2;
    const times = await alternate({ llmi: () => paced(llmi.url, half), bare: () => paced(bare.url, half) });
    const evenness = (name) => median(times[name].map((sorted) => quantile(sorted, 0.99) / quantile(sorted, 0.5)));
    const memory = await memoryOfStreams(llmi);
    return [
      { name: 'requests per second / bare route', value: median(rates.llmi) / median(rates.bare), unit: 'ratio', target: 0.5, atLeast: true, detail: `${Math.round(median(rates.llmi))} and ${Math.round(median(rates.bare))} per second, spread ${(100 * spread(rates.bare)).toFixed(0)} %` },
      {
        name: 'p99 / p50 at half load',
        value: evenness('llmi'),
        unit: 'ratio',
        target: 5,
        atLeast: false,
        detail: `${Math.round(half)} requests per second, p50 ${median(times.llmi.map((sorted) => quantile(sorted, 0.5))).toFixed(2)} ms; the bare route: ${evenness('bare').toFixed(1)}`,
      },
      { name: `memory of ${streams} open streams`, value: memory / 1e6, unit: 'MB', target: 300, atLeast: false, detail: 'the whole process' },
    ];
  } finally {
    for (const { child } of [llmi, bare]) child.kill();
  }
}

async function start(kind) {
  const child = fork(arm, [kind]);
  const [{ url }] = await once(child, 'message');
  return { child, url };
}

async function load(url) {
  const result = await autocannon({ url: url + ask.path, method: ask.method, headers: ask.headers, body: ask.body, connections, duration: seconds });
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${result.non2xx} error replies and ${result.errors} failed connections`);
  return result;
}

/** Requests at an even rate, however long the replies take. Gives their times in milliseconds, the shortest first. */
async function paced(url, perSecond) {
  const { host, port } = new URL(url);
  const head = Object.entries(ask.headers).map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const text = `${ask.method} ${ask.path} HTTP/1.1\r\nhost: ${host}\r\n${head}content-length: ${ask.body.length}\r\n\r\n${ask.body}`;
  const sockets = await Promise.all(Array.from({ length: 64 }, () => openSocket(port)));
  const idle = [...sockets];
  const times = [];
  const start = performance.now();
  for (let sent = 0; sent < seconds * perSecond; await immediate()) {
    const due = ((performance.now() - start) * perSecond) / 1000;
    while (sent < due && idle.length > 0) {
      const from = start + (sent++ * 1000) / perSecond; // when it should have gone out: waiting for a free connection counts
      const socket = idle.pop();
      void exchange(socket, text).then(() => (times.push(performance.now() - from), idle.push(socket)));
    }
  }
  while (idle.length < sockets.length) await immediate();
  for (const socket of sockets) socket.destroy();
  return times.sort((left, right) => left - right);
}

async function openSocket(port) {
  const socket = connect({ host: '127.0.0.1', port: Number(port), noDelay: true });
  await once(socket, 'connect');
  return socket;
}

/** One request on a connection: resolves when as many bytes have come as its Content-Length says. */
function exchange(socket, text) {
  return new Promise((resolve) => {
    let reply = '';
    const take = (chunk) => {
      reply += chunk.toString('latin1');
      const end = reply.indexOf('\r\n\r\n');
      if (end < 0 || reply.length < end + 4 + Number(/content-length: (\d+)/i.exec(reply)[1])) return;
      socket.off('data', take);
      resolve();
    };
    socket.on('data', take);
    socket.write(text);
  });
}

const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];

async function memoryOfStreams({ child, url }) {
  const agent = new Agent({ keepAlive: false, maxSockets: Infinity });
  await Promise.all(Array.from({ length: streams }, () => openStream(url, agent)));
  const answer = once(child, 'message');
  child.send('memory');
  const [{ rss }] = await answer;
  agent.destroy();
  return rss;
}

/** Resolves with the first event of a stream that stays open. */
function openStream(url, agent) {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/generate/stream`, { method: 'POST', agent, headers: ask.headers }, (response) => response.once('data', resolve).on('error', () => {}));
    sent.on('error', reject).end(JSON.stringify({ prompt: 'wait' }));
  });
}
