import multipart from '@fastify/multipart';
import type { FastifyInstance } from 'fastify';
import { LlmiError, parseInput } from '@llmi/core';
import { BatchJobs } from '../../../batches/batch-jobs.js';
import type { Gateway } from '../../../gateway.js';
import { ownerOf } from '../../../owner.js';
import { fileRoutes, page } from './files.js';
import { batchRequestSchema, pageSchema } from './schemas.js';

const doc = { tag: 'openai', errors: [400, 404, 503] } as const;
const secondsIn: Record<string, number> = { h: 3600, d: 86_400 };

/** Many requests in one file, worked on while nobody waits. */
export async function batchRoutes(app: FastifyInstance, gateway: Gateway): Promise<void> {
  const jobs = new BatchJobs(app, gateway);
  await app.register(async (scope) => {
    await scope.register(multipart);
    fileRoutes(scope, gateway, jobs);
  });

  app.post('/v1/batches', { config: { doc: { ...doc, summary: 'Begins to work on the requests of a file.', body: 'BatchRequest', reply: { schema: 'Batch', description: 'It is begun.' }, errors: [400, 404, 415, 503] } } }, async ({ body }, reply) => {
    const asked = parseInput(batchRequestSchema, body);
    const owner = ownerOf(reply, gateway);
    const { store, files, runner } = jobs.open();
    files.get(owner, asked.input_file_id);
    const created = Math.floor(Date.now() / 1000);
    const expires = created + Number.parseInt(asked.completion_window, 10) * secondsIn[asked.completion_window.at(-1)!]!;
    const batch = store.add(owner, { ...asked, metadata: asked.metadata ?? null, created_at: created, expires_at: expires });
    runner.wake();
    return batch;
  });
  app.get('/v1/batches', { config: { doc: { ...doc, summary: 'The batches, newest first.', query: { after: 'The id of the last one of the page before.', limit: 'Batches on a page; 20 unless said.' }, reply: { schema: 'Batches', description: 'The batches.' } } } }, async ({ query }, reply) => {
    const { after, limit = 20 } = parseInput(pageSchema, query);
    const { batches, hasMore } = jobs.open().store.list(ownerOf(reply, gateway), { after, limit });
    return page(batches, hasMore);
  });
  app.get<{ Params: { id: string } }>('/v1/batches/:id', { config: { doc: { ...doc, summary: 'How far a batch is.', path: '/v1/batches/{id}', reply: { schema: 'Batch', description: 'The batch.' } } } }, async ({ params }, reply) =>
    jobs.open().store.get(ownerOf(reply, gateway), params.id),
  );
  app.post<{ Params: { id: string } }>('/v1/batches/:id/cancel', { config: { doc: { ...doc, summary: 'Ends a batch; what is answered stays.', path: '/v1/batches/{id}/cancel', reply: { schema: 'Batch', description: 'It ends.' } } } }, async ({ params }, reply) => {
    const { store, runner } = jobs.open();
    const batch = store.get(ownerOf(reply, gateway), params.id);
    if (batch.status === 'cancelling' || batch.status === 'cancelled') return batch;
    if (!['validating', 'in_progress'].includes(batch.status)) throw new LlmiError('INPUT_INVALID', { message: `The batch is ${batch.status}: there is nothing to cancel.`, hint: 'Fetch its files.' });
    const cancelled = store.update(batch, { status: 'cancelling', cancelling_at: Math.floor(Date.now() / 1000) });
    runner.cancel(batch.id);
    runner.wake();
    return cancelled;
  });
}
