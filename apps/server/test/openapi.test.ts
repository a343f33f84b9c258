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
      'get /',
      'get /capabilities',
      'get /health',
      'get /info',
      'get /models',
      'get /openapi.json',
      'get /ready',
      'get /v1/models',
      'get /v1/models/{model}',
      'get /ws',
      'post /generate',
      'post /generate/stream',
      'post /models/load',
      'post /models/unload',
      'post /v1/chat/completions',
      'post /v1/completions',
      'post /v1/embeddings',
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
