import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const example = fileURLToPath(new URL('../examples/llmi-handler-markov/', import.meta.url));
const page = readFileSync(new URL('../docs/add-a-handler.md', import.meta.url), 'utf8');
const printed = [...page.matchAll(/```(?:json|js)\n(.*?)```/gs)].map((match) => match[1]!);
const read = (path: string) => readFileSync(`${example}${path}`, 'utf8');

it('docs/add-a-handler.md prints the example as it is', () => {
  const [manifest, ...files] = printed;
  const { name, type, keywords, exports, llmi } = JSON.parse(read('package.json')) as Record<string, unknown>;
  expect(JSON.parse(manifest!)).toMatchObject({ name, type, keywords, exports, llmi });
  expect(files).toEqual(['model/markov.json', 'index.js', 'markov.test.js'].map(read));
});

it('the example passes its own tests', () => {
  const printed = execFileSync(process.execPath, ['--test', 'markov.test.js'], { cwd: example, encoding: 'utf8' });
  expect(printed).toMatch(/\bpass 5\d\n/);
  expect(printed).toMatch(/\bfail 0\n/);
});
