import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { collect, type GenerateRequest } from '@llmi/core';
import { afterAll, describe, expect, it } from 'vitest';
import { loadSpecialized, type SpecializedHandler } from '../src/index.js';

const shared = process.env.LLMI_SHARED ?? resolve(import.meta.dirname, '../../../../shared');
const hub = join(shared, 'fixtures/hub/llmi-fixtures');
const cases = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures/answers.json'), 'utf8')) as Case[];

const handlers = new Map<string, Promise<SpecializedHandler>>();
function open(repo: string): Promise<SpecializedHandler> {
  const handler = handlers.get(repo) ?? loadSpecialized(join(hub, repo), { threads: 1 });
  handlers.set(repo, handler);
  return handler;
}

afterAll(async () => {
  for (const handler of handlers.values()) await (await handler)[Symbol.asyncDispose]();
});

describe.skipIf(!existsSync(hub))('the pipelines of transformers', () => {
  it.each(cases)('$repo $request', async ({ repo, request, entities, labels }) => {
    const handler = await open(repo);
    const result = (await collect(handler.generateStream(request))) as unknown as { entities: Row[]; labels: Row[] };
    const [found, expected] = entities ? [result.entities, entities] : [result.labels, labels!];
    expect(found).toHaveLength(expected.length);
    expected.forEach((row, index) => {
      for (const [name, value] of Object.entries(row)) {
        if (name === 'score') expect(found[index]!.score).toBeCloseTo(value as number, 3);
        else expect(found[index]![name]).toEqual(value);
      }
    });
  });
});

type Row = Record<string, unknown> & { score: number };
interface Case {
  repo: string;
  request: GenerateRequest;
  entities?: Row[];
  labels?: Row[];
}
