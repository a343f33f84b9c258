import type { FastifyInstance } from 'fastify';
import type { Metrics } from './metrics.js';

export function metricsRoute(app: FastifyInstance, metrics: Metrics): void {
  app.get(
    '/metrics',
    { config: { scope: 'metrics', doc: { tag: 'server', summary: 'What the server does, for Prometheus.', reply: { contentType: 'text/plain', description: 'The metrics.' }, errors: [403] } } },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()),
  );
}
