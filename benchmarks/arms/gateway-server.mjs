// A server for the gateway benchmark: node gateway-server.mjs llmi|bare. Says where it listens, and on each message how much memory it has.
import { doneEvent, fromWire, generateRequestSchema } from '@llmi/core';
import { startServer } from '@llmi/server';
import { fastify } from 'fastify';

const usage = { promptTokens: 1, completionTokens: 1, totalTokens: 2 };
const result = { type: 'text', text: 'ok', finishReason: 'stop', usage };
const envelope = { model: { id: 'org/none', handler: 'none', handlerVersion: '1.0.0' }, timing: { queue: 0, load: 0 } };

/** Answers at once; with the prompt "wait" it says one word and goes on when it is told to stop. */
const engine = {
  settings: { home: '/nowhere', hub: { cacheDir: '/nowhere' }, parallel: 1, keepAliveMinutes: 0 },
  models: async () => [served],
  find: async () => served,
  loaded: () => [],
  async *generate(_name, { prompt }, { signal }) {
    if (prompt === 'wait') {
      yield { type: 'text', token: 'ok' };
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
    }
    yield { ...doneEvent(result), envelope };
  },
};
const served = { name: 'org/none', installed: {}, temporary: false };

const { url } = process.argv[2] === 'llmi' ? await startServer({ engine, version: '1.0.0', port: 0 }) : await bareServer();
process.on('message', () => process.send({ rss: process.memoryUsage.rss() }));
process.send({ url });

/** The framework alone, with the same check of the body. */
async function bareServer() {
  const app = fastify({ bodyLimit: 32 * 1024 * 1024 });
  app.post('/generate', async ({ body }) => {
    fromWire(generateRequestSchema, body);
    return { ...result, ...envelope };
  });
  return { url: await app.listen({ host: '127.0.0.1', port: 0 }) };
}
