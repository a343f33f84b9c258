import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the large fixtures are, when they are there. */
export const shared = process.env.LLMI_SHARED ?? fileURLToPath(new URL('../../../../shared', import.meta.url));

export interface GgufCase {
  id: string;
  kind: 'completion' | 'chat';
  inputs: { text?: string; messages?: { role: 'system' | 'user' | 'assistant'; content: string }[]; rendered?: string };
  expect: { input_ids: number[]; files: Record<string, { output_ids: number[]; text: string; exact_prefix: number }> };
}

export interface GgufFixture {
  name: string;
  folder: string;
  cases: GgufCase[];
  files: string[];
}

/** The GGUF fixtures that are there. */
export const fixtures: GgufFixture[] = ['tiny-llama2-GGUF', 'tiny-llama3-GGUF', 'tiny-qwen2-GGUF'].flatMap((name) => {
  const golden = join(shared, 'fixtures', 'golden', `${name}.json`);
  if (!existsSync(golden)) return [];
  const { cases } = JSON.parse(readFileSync(golden, 'utf8')) as { cases: GgufCase[] };
  return [{ name, folder: join(shared, 'fixtures', 'hub', 'llmi-fixtures', name), cases, files: Object.keys(cases[0]!.expect.files) }];
});
