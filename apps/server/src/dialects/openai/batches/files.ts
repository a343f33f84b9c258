import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { LlmiError, parseInput } from '@llmi/core';
import type { BatchJobs } from '../../../batches/batch-jobs.js';
import type { StoredFile } from '../../../batches/file-shelf.js';
import type { Gateway } from '../../../gateway.js';
import { ownerOf } from '../../../owner.js';
import { formFault, soundParts } from '../../../read-form.js';
import { fileUploadSchema, pageSchema } from './schemas.js';

const errors = [400, 404, 503];
const doc = { tag: 'openai', errors } as const;

export function fileRoutes(app: FastifyInstance, gateway: Gateway, jobs: BatchJobs): void {
  const owner = (reply: FastifyReply) => ownerOf(reply, gateway);
  app.post('/v1/files', { config: { doc: { ...doc, summary: 'Takes a file: the requests of a batch, one on each line.', body: 'FileUpload', form: true, reply: { schema: 'File', description: 'It is kept.' }, errors: [...errors, 413, 415] } } }, async (request, reply) =>
    fileToWire(await receive(request, owner(reply), gateway.bodyLimitBytes, jobs)),
  );
  app.get('/v1/files', { config: { doc: { ...doc, summary: 'The files, newest first.', query: { after: 'The id of the last one of the page before.', limit: 'Files on a page; 10000 unless said.', purpose: 'Only those with this purpose.' }, reply: { schema: 'Files', description: 'The files.' } } } }, async ({ query }, reply) => {
    const { after, limit = 10_000, purpose } = parseInput(pageSchema, query);
    const { files, hasMore } = jobs.open().files.list(owner(reply), { after, limit, purpose });
    return page(files.map(fileToWire), hasMore);
  });
  app.get<{ Params: { id: string } }>('/v1/files/:id', { config: { doc: { ...doc, summary: 'One file.', path: '/v1/files/{id}', reply: { schema: 'File', description: 'What it is.' } } } }, async ({ params }, reply) =>
    fileToWire(jobs.open().files.get(owner(reply), params.id)),
  );
  app.get<{ Params: { id: string } }>('/v1/files/:id/content', { config: { doc: { ...doc, summary: 'What is in a file.', path: '/v1/files/{id}/content', reply: { contentType: 'application/octet-stream', description: 'Its bytes.' } } } }, async ({ params }, reply) => {
    const { files } = jobs.open();
    const { id, bytes } = files.get(owner(reply), params.id);
    return reply.type('application/octet-stream').header('content-length', bytes).send(files.read(id));
  });
  app.delete<{ Params: { id: string } }>('/v1/files/:id', { config: { doc: { ...doc, summary: 'Removes a file.', path: '/v1/files/{id}', reply: { schema: 'FileDeleted', description: 'It is gone.' } } } }, async ({ params }, reply) => {
    await jobs.open().files.delete(owner(reply), params.id);
    return { id: params.id, object: 'file', deleted: true };
  });
}

/** The parts come in any order: a file before its purpose is on the disk before it is known to be wanted. */
async function receive(request: FastifyRequest, owner: string, limitBytes: number, jobs: BatchJobs): Promise<StoredFile> {
  const { files } = jobs.open();
  if (!request.isMultipart()) {
    const { file, purpose } = parseInput(fileUploadSchema, request.body);
    return files.add(owner, { filename: 'upload.jsonl', purpose }, Readable.from([file]));
  }
  const fields: Record<string, unknown> = {};
  let written: { id: string; label: string } | undefined;
  try {
    for await (const part of soundParts(request.parts({ limits: { files: 1, fields: 10, parts: 11, fileSize: limitBytes, fieldSize: 1000, fieldNameSize: 100, headerPairs: 50 } }))) {
      if (part.type === 'field') {
        if (!part.fieldname.startsWith('expires_after')) fields[part.fieldname] = part.value; // files are kept until they are removed
        continue;
      }
      const { id, stream } = files.writer();
      const { filename: label } = part; // told back, and never part of a path
      written = { id, label: label.replace(/[^\w. -]/g, '_').slice(0, 200) || 'file' };
      fields[part.fieldname] = '';
      await pipeline(part.file, stream).catch(formFault);
      if (part.file.truncated) throw new LlmiError('PAYLOAD_TOO_LARGE', { message: `The file is larger than ${limitBytes} bytes.`, hint: 'Send fewer requests in one file, or raise the body limit of the server.' });
    }
    const { purpose } = parseInput(fileUploadSchema, fields);
    if (!written) throw new LlmiError('INPUT_INVALID', { message: 'The field "file" is no file.', hint: 'Send it as a part with a file name.', param: 'file' });
    return await files.keep(owner, { filename: written.label, purpose }, written.id);
  } catch (error) {
    if (written) await files.discard(written.id);
    throw error;
  }
}

function fileToWire({ id, bytes, created_at, filename, purpose }: StoredFile) {
  return { id, object: 'file', bytes, created_at, expires_at: null, filename, purpose, status: 'processed' };
}

/** One page of a list, in OpenAI's shape. */
export function page(data: { id: string }[], hasMore: boolean): object {
  return { object: 'list', data, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null, has_more: hasMore };
}
