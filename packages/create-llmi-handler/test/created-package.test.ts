import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { installOffline, unpackInto, workspace } from './support/install-offline.js';

const run = promisify(execFile);
const scratch = mkdtempSync(join(tmpdir(), 'llmi-created-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const environment = { ...process.env, LLMI_HOME: join(scratch, 'home'), HF_HUB_OFFLINE: '1' };
const create = (...args: string[]) => run(process.execPath, [join(workspace, 'packages/create-llmi-handler/bin/create-llmi-handler.js'), ...args], { cwd: scratch });

/** Runs llmi with nothing on its standard input. */
function llmi(cwd: string, ...args: string[]) {
  const running = run(process.execPath, [join(workspace, 'apps/cli/bin/llmi.js'), ...args], { cwd, env: environment });
  running.child.stdin!.end();
  return running;
}

describe.each(['javascript', 'onnx', 'llama-cpp'])('a package with the runtime %s', (runtime) => {
  const name = `tiny-${runtime}`;
  const folder = join(scratch, name);

  it('is made, builds, and passes conformance', { timeout: 300_000 }, async () => {
    await create(name, '--runtime', runtime, '--no-install', '--yes');
    await installOffline(folder);
    const { stdout } = await run('npm', ['test'], { cwd: folder, env: environment });
    expect(stdout).toMatch(/\bfail 0\n/);
    expect(Number(/\bpass (\d+)\n/.exec(stdout)![1])).toBeGreaterThan(50);
  });

  it('is found by llmi', async () => {
    const { handlers, problems } = JSON.parse((await llmi(folder, 'handlers', '--json')).stdout) as { handlers: { name: string; package: string }[]; problems: unknown[] };
    expect(handlers).toContainEqual(expect.objectContaining({ name, package: `llmi-handler-${name}` }));
    expect(problems).toEqual([]);
  });
});

it('a packed handler serves its model in another project', { timeout: 120_000 }, async () => {
  const project = join(scratch, 'elsewhere');
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{"name":"elsewhere","private":true,"dependencies":{"@llmi/core":"^0.1.0"}}');
  await unpackInto(join(scratch, 'tiny-javascript'), join(project, 'node_modules/llmi-handler-tiny-javascript'), 'npm');
  await installOffline(project);
  const serving = llmi(project, 'serve', join(scratch, 'tiny-javascript/model'), '--port', '0');
  const { child } = serving;
  try {
    const url = await new Promise<string>((resolve) => {
      let printed = '';
      const read = (data: string) => {
        const found = /serves at (\S+)/.exec((printed += data));
        if (found) resolve(found[1]!);
      };
      child.stdout!.on('data', read);
      child.stderr!.on('data', read);
    });
    const answer = await fetch(`${url}/generate`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ prompt: 'the', max_tokens: 3 }) });
    expect(await answer.json()).toMatchObject({ text: ' sea is calm', model: { handler: 'tiny-javascript' } });
  } finally {
    child.kill('SIGTERM');
    await serving.catch(() => undefined);
  }
});

it('the ranges of a new package take the versions there are', async () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(scratch, 'tiny-onnx/package.json'), 'utf8')) as Record<string, Record<string, string>>;
  for (const [name, range] of Object.entries({ ...dependencies, ...devDependencies })) {
    const folder = name.startsWith('@llmi/') ? join(workspace, 'packages', name.replace('@llmi/', '')) : join(workspace, 'node_modules', name);
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
    const [major, minor] = version.split('.');
    expect(range, name).toMatch(new RegExp(major === '0' ? `^\\^0\\.${minor}\\.` : `^\\^${major}\\.`));
  }
});
