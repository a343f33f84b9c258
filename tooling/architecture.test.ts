import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
// @ts-expect-error: a script without types
import { pictureFile, pictureSource } from './architecture-picture.mjs';
// @ts-expect-error: a script without types
import { importGraph } from './import-graph.mjs';
import { root } from './workspace.ts';

it('docs/architecture.svg is drawn from the imports there are: node tooling/architecture-picture.mjs', { timeout: 120_000 }, () => {
  expect(readFileSync(pictureFile as URL, 'utf8')).toBe((pictureSource as () => string)());
});

it('the import graph sees what crosses packages', { timeout: 120_000 }, () => {
  const graph = (importGraph as () => Map<string, Set<string>>)();
  expect([...graph.get('packages/core')!]).toEqual([]);
  expect([...graph.get('packages/engine')!].sort()).toEqual(['packages/client', 'packages/convert', 'packages/core', 'packages/hub']);
  expect(graph.get('apps/cli')).toContain('apps/server');
});

const longestLines = 400;

/** Why a file is longer: that it is one algorithm told whole, or made by a script. */
const reason = /\b(Longer than 400 lines because|Made [^]{0,80}\bby tooling\/)/;

/** Source files below a folder, tests among them; templates and what is built are none. */
function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return /^(node_modules|dist|\..*)$/.test(entry.name) ? [] : sourceFiles(path);
    return /\.(ts|tsx|js|mjs|cjs|css)$/.test(entry.name) ? [path] : [];
  });
}

it(`no source file is longer than ${longestLines} lines without a reason in it`, () => {
  const files = ['apps', 'packages', 'examples', 'benchmarks', 'tooling'].flatMap(sourceFiles);
  expect(files.length).toBeGreaterThan(300);
  const long = files.filter((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    return text.split('\n').length > longestLines && !reason.test(text);
  });
  expect(long).toEqual([]);
});
