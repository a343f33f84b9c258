import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, describe, expect, it } from 'vitest';
import { publishedPackages, root } from './workspace.ts';

const run = promisify(execFile);
const scratch = mkdtempSync(join(tmpdir(), 'llmi-packages-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe.each(publishedPackages().map(({ folder, content }) => ({ name: content.name, folder, content })))('$name', ({ folder, content }) => {
  it('introduces itself to npm', () => {
    expect(content).toMatchObject({
      description: expect.stringMatching(/^[A-Z].{20,}\.$/) as unknown,
      license: 'Apache-2.0',
      repository: { directory: folder.slice(root.length + 1) },
      engines: { node: '>=20.19' },
    });
    expect(content.keywords?.length).toBeGreaterThan(2);
    expect(readFileSync(join(folder, 'README.md'), 'utf8')).toMatch(/^# /);
    expect(readFileSync(join(folder, 'LICENSE'), 'utf8')).toContain('Apache License');
  });

  it('is packed with what it needs and nothing private', { timeout: 120_000 }, async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: folder, maxBuffer: 64 * 2 ** 20 });
    const listing = JSON.parse(stdout) as { files: { path: string }[] }[] | Record<string, { files: { path: string }[] }>;
    const [packed] = Object.values(listing);
    const files = packed!.files.map(({ path }) => path);
    expect(files).toEqual(expect.arrayContaining(['package.json', 'README.md', 'LICENSE']));
    expect(files.filter((file) => /\.test\.|\.map$|^(src|test|training)\/|tsconfig|\.tsbuildinfo/.test(file))).toEqual([]);
    for (const program of Object.values(content.bin ?? {})) expect(files).toContain(program.replace('./', ''));
  });

  it('is clean for publint', async () => {
    const { messages, pkg } = await publint({ pkgDir: folder, strict: true, pack: false });
    expect(messages.map((message) => formatMessage(message, pkg as never))).toEqual([]);
  });

  it.skipIf(!existsSync(join(folder, 'dist', 'index.d.ts')))('has types that resolve as its code does', { timeout: 120_000 }, async () => {
    const { stdout } = await run('pnpm', ['pack', '--pack-destination', scratch, '--json'], { cwd: folder });
    const { filename } = JSON.parse(stdout) as { filename: string };
    const attw = run(join(root, 'node_modules/.bin/attw'), [filename, '--profile', 'esm-only', '--format', 'json'], { maxBuffer: 64 * 2 ** 20 });
    const { stdout: report } = await attw.catch((error: { stdout: string }) => error);
    const { analysis } = JSON.parse(report) as { analysis: { types: unknown; problems: { kind: string; resolutionKind?: string }[] } };
    expect(analysis.types).toBeTruthy();
    expect(analysis.problems.filter(({ kind, resolutionKind }) => kind !== 'CJSResolvesToESM' && resolutionKind !== 'node10')).toEqual([]);
  });
});
