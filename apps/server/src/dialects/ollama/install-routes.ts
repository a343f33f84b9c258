import type { FastifyInstance } from 'fastify';
import { parseInput } from '@llmi/core';
import type { InstallEvent } from '@llmi/engine';
import type { Gateway } from '../../gateway.js';
import { checkMayManage, checkReference } from '../../may-manage.js';
import { streamReply } from '../../stream-reply.js';
import { ollamaErrorBody } from './errors.js';
import { findModel } from './find-model.js';
import type { PullProgress } from './reply-schemas.js';
import { deleteSchema, pullSchema } from './request-schemas.js';

/** Installing and removing, where the server lets its clients do that. */
export function installRoutes(app: FastifyInstance, gateway: Gateway): void {
  app.post(
    '/api/pull',
    {
      config: {
        scope: 'manage',
        doc: {
          tag: 'ollama',
          summary: 'Installs a model of the hub.',
          body: 'OllamaPull',
          reply: { schema: 'OllamaPullProgress', description: 'It is installed; with streams, one such object per line.' },
          lines: true,
          errors: [400, 403, 404, 415, 422, 503, 507],
        },
      },
    },
    async ({ body }, reply) => {
      checkMayManage(gateway);
      const { model, name, stream } = parseInput(pullSchema, body);
      const reference = checkReference((model ?? name)!.replace(/:latest$/, ''));
      if (stream === false) {
        using work = gateway.work.beginReply(reply.raw, { isLong: true });
        await gateway.engine.install(reference, { signal: work.signal });
        return { status: 'success' };
      }
      return streamReply(gateway, reply, {
        format: 'ndjson',
        isLong: true,
        produce: async (send, signal) => {
          const tell = (progress: PullProgress) => send(`${JSON.stringify(progress)}\n`);
          const progressOf = pullProgress();
          await gateway.engine.install(reference, { signal, onEvent: (event) => progressOf(event).forEach((progress) => void tell(progress)) });
          await tell({ status: 'success' });
        },
        errorFrame: (error) => `${JSON.stringify(ollamaErrorBody(error))}\n`,
      });
    },
  );

  app.delete(
    '/api/delete',
    { config: { scope: 'manage', doc: { tag: 'ollama', summary: 'Removes a model.', body: 'OllamaDelete', reply: { description: 'It is gone.' }, errors: [400, 403, 404, 415] } } },
    async ({ body }, reply) => {
      checkMayManage(gateway);
      const { model, name } = parseInput(deleteSchema, body);
      const found = await findModel(gateway, (model ?? name)!);
      await gateway.engine.remove(found.name);
      return reply.code(200).send();
    },
  );
}

/** The events of an install in the words of this API: files are told apart by their hash. */
function pullProgress(): (event: InstallEvent) => PullProgress[] {
  const hashes = new Map<string, string | undefined>();
  return (event) => {
    switch (event.type) {
      case 'check':
        for (const { path, sha256 } of event.report.model.files) hashes.set(path, sha256);
        return [{ status: 'pulling manifest' }];
      case 'download': {
        const { file, fileBytes, fileTotalBytes } = event.progress;
        const sha256 = hashes.get(file);
        return [{ status: `pulling ${sha256?.slice(0, 12) ?? file}`, ...(sha256 === undefined ? {} : { digest: `sha256:${sha256}` }), total: fileTotalBytes, completed: fileBytes }];
      }
      case 'convert':
        return [{ status: 'converting model', total: event.progress.totalBytes, completed: event.progress.bytes }];
      case 'validate':
        return [{ status: 'verifying sha256 digest' }];
      case 'done':
        return [{ status: 'writing manifest' }];
      case 'dependencies':
        return [];
    }
  };
}
