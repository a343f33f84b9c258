import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { injected } from './harness.js';

interface Document {
  openapi: string;
  paths: Record<string, Record<string, { requestBody?: unknown; responses: Record<string, unknown> }>>;
  components: { schemas: Record<string, { properties?: Record<string, unknown>; additionalProperties?: unknown }> };
}

const read = async () => (await (await injected()).inject({ url: '/openapi.json' })).json<Document>();

describe('/openapi.json', () => {
  it('is a valid OpenAPI 3.1 document', async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate({ ...(await read()) });
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
    expect(validator.version).toBe('3.1');
  });

  it('describes every route', async () => {
    const { paths } = await read();
    expect(Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`)).sort()).toEqual([
      'delete /api/delete',
      'delete /v1/files/{id}',
      'delete /v1/responses/{response_id}',
      'delete /v1/videos/{video_id}',
      'get /',
      'get /api/ps',
      'get /api/tags',
      'get /api/version',
      'get /assets/{file}',
      'get /capabilities',
      'get /health',
      'get /info',
      'get /media/{id}',
      'get /metrics',
      'get /models',
      'get /openapi.json',
      'get /ready',
      'get /v1/batches', 'get /v1/batches/{id}', 'get /v1/files', 'get /v1/files/{id}', 'get /v1/files/{id}/content',
      'get /v1/models',
      'get /v1/models/{model}',
      'get /v1/responses/{response_id}',
      'get /v1/videos',
      'get /v1/videos/{video_id}',
      'get /v1/videos/{video_id}/content',
      'get /ws',
      'post /api/chat',
      'post /api/embed',
      'post /api/embeddings',
      'post /api/generate',
      'post /api/pull',
      'post /api/show',
      'post /generate',
      'post /generate/stream',
      'post /models/load',
      'post /models/unload',
      'post /rerank',
      'post /upload',
      'post /v1/audio/speech',
      'post /v1/audio/transcriptions',
      'post /v1/audio/translations',
      'post /v1/batches',
      'post /v1/batches/{id}/cancel',
      'post /v1/chat/completions',
      'post /v1/completions',
      'post /v1/embeddings',
      'post /v1/files',
      'post /v1/images/edits',
      'post /v1/images/generations',
      'post /v1/images/variations',
      'post /v1/messages',
      'post /v1/messages/count_tokens',
      'post /v1/rerank',
      'post /v1/responses',
      'post /v1/videos',
      'post /v2/rerank',
    ]);
  });

  it('refers to schemas that are there, in snake_case', async () => {
    const document = await read();
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference!);
    expect(references.length).toBeGreaterThan(20);
    for (const reference of references) expect(document.components.schemas).toHaveProperty(reference.replace('#/components/schemas/', ''));
    const request = document.components.schemas.GenerateRequest!;
    expect(Object.keys(request.properties!)).toEqual(expect.arrayContaining(['prompt', 'max_tokens', 'num_inference_steps', 'stream']));
    expect(request.additionalProperties).toBe(false);
  });

  it('refuses a route that does not describe itself', async () => {
    const app = await injected();
    expect(() => app.get('/secret', async () => '')).toThrow(/does not describe itself/);
  });
});
