import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const llmi = resolve(import.meta.dirname, '../dist/index.js');
const demo = resolve(import.meta.dirname, '../../../packages/demo-model/model/llmi-demo-q8_0.gguf');

const body = `
  const model = await load(${JSON.stringify(demo)}, { home: process.env.HOME_OF_TEST });
  const { text } = await model.generateText({ prompt: 'What is a handler?', temperature: 0 });
  const { type } = await model.answer({ prompt: 'Hello', maxTokens: 2 });
  await model[Symbol.asyncDispose]();
  console.log(JSON.stringify({ text, type }));
`;

describe('as a library, with one import', { timeout: 60_000 }, () => {
  it.each([
    ['an ES module', 'program.mjs', `import { load } from ${JSON.stringify(llmi)};\n${body}`],
    ['CommonJS', 'program.cjs', `const { load } = require(${JSON.stringify(llmi)});\n(async () => {${body}})();`],
  ])('of %s', (_name, file, source) => {
    const folder = mkdtempSync(join(tmpdir(), 'llmi-library-'));
    writeFileSync(join(folder, file), source);
    const out = execFileSync(process.execPath, [join(folder, file)], { cwd: folder, encoding: 'utf8', env: { ...process.env, HOME_OF_TEST: join(folder, 'home') } });
    expect(JSON.parse(out)).toEqual({ text: expect.stringContaining('npm package') as unknown, type: 'text' });
  });
});
