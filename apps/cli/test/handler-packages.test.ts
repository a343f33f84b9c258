import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HandlerRegistry } from '@llmi/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { offerOf } from '../src/handler-packages/describe.js';
import { fakeEngine } from './support/fake-engine.js';
import { runFake } from './support/run-fake.js';

const manifest = (version: string) => ({
  name: 'llmi-handler-abacus', version, description: 'Counts beads.', license: 'MIT', type: 'module', main: 'index.js',
  scripts: { postinstall: 'node -e "require(\'fs\').writeFileSync(\'ran\', \'\')"' },
  llmi: { apiVersion: 1, handlers: [{ name: 'abacus', entry: './index.js', tasks: ['counting'], match: { modelTypes: ['abacus'] }, formats: ['onnx'] }] },
});

/** A registry with one package in two versions. */
function registryOf(versions: string[]): Promise<Server> {
  const scratch = mkdtempSync(join(tmpdir(), 'llmi-registry-'));
  const tarballs = new Map(
    versions.map((version) => {
      const folder = join(scratch, version);
      mkdirSync(folder);
      writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest(version)));
      writeFileSync(join(folder, 'index.js'), 'export default {};\n');
      const [packed] = Object.values(JSON.parse(execFileSync('npm', ['pack', '--json', '--ignore-scripts'], { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })) as Record<string, { filename: string }>);
      return [version, readFileSync(join(folder, packed!.filename))] as const;
    }),
  );
  const server = createServer((request, response) => {
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const version = /^\/(.+)\.tgz$/.exec(request.url!)?.[1];
    if (version !== undefined && tarballs.has(version)) return response.end(tarballs.get(version));
    if (!request.url!.startsWith('/llmi-handler-abacus')) return response.writeHead(404, { 'content-type': 'application/json' }).end('{"error": "not_found"}');
    const dist = (bytes: Buffer, of: string) => ({ tarball: `${address}/${of}.tgz`, integrity: `sha512-${createHash('sha512').update(bytes).digest('base64')}`, unpackedSize: 2000 });
    const body = {
      name: 'llmi-handler-abacus', 'dist-tags': { latest: versions.at(-1) }, maintainers: [{ name: 'someone', email: 'someone@example.org' }],
      versions: Object.fromEntries([...tarballs].map(([of, bytes]) => [of, { ...manifest(of), _id: `llmi-handler-abacus@${of}`, maintainers: [{ name: 'someone', email: 'someone@example.org' }], dist: dist(bytes, of) }])),
    };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  return new Promise((ready) => server.listen(0, '127.0.0.1', () => ready(server)));
}

describe('handlers', { timeout: 60_000 }, () => {
  let registry: Server;
  let env: Record<string, string>;
  let home: string;
  beforeAll(async () => {
    registry = await registryOf(['1.0.0', '1.1.0']);
    home = mkdtempSync(join(tmpdir(), 'llmi-home-'));
    env = { ...(process.env as Record<string, string>), LLMI_HOME: home, npm_config_registry: `http://127.0.0.1:${(registry.address() as AddressInfo).port}/`, npm_config_cache: join(home, 'npm-cache'), npm_config_userconfig: join(home, 'npmrc') };
  });
  afterAll(() => registry?.close());
  const engine = () => fakeEngine({ registry: () => HandlerRegistry.discover({ home }) });
  const installed = () => JSON.parse(readFileSync(join(home, 'handlers', 'package.json'), 'utf8')) as { dependencies?: Record<string, string> };

  it('are shown, and not installed while nobody agrees', async () => {
    const { exitCode, err } = await runFake(['handlers', 'add', 'llmi-handler-abacus'], { env, engine: engine() });
    expect(exitCode).toBe(2);
    for (const part of [/llmi-handler-abacus 1\.1\.0/, /publisher +someone/, /provenance +none/, /postinstall: node/, /abacus: counting \(onnx\)/, /nobody agreed/]) expect(err).toMatch(part);
  });

  it('are added at exactly the version that was shown, without their scripts', async () => {
    const { exitCode, out, err } = await runFake(['handlers', 'add', 'llmi-handler-abacus@1.0.0', '--yes'], { env, engine: engine() });
    expect([exitCode, out]).toEqual([0, expect.stringContaining('Added llmi-handler-abacus 1.0.0: abacus')]);
    expect(err).toContain('scripts were not run');
    expect(installed().dependencies).toEqual({ 'llmi-handler-abacus': '1.0.0' });
    expect(() => readFileSync(join(home, 'handlers', 'node_modules', 'llmi-handler-abacus', 'ran'))).toThrow();
    const { out: listed } = await runFake(['handlers'], { env, engine: engine() });
    expect(listed).toMatch(/abacus +llmi-handler-abacus 1\.0\.0 +home/);
  });

  it('are updated and removed', async () => {
    expect((await runFake(['handlers', 'update', 'llmi-handler-abacus', '--yes'], { env, engine: engine() })).out).toContain('1.1.0');
    expect(installed().dependencies).toEqual({ 'llmi-handler-abacus': '1.1.0' });
    expect((await runFake(['handlers', 'update', 'llmi-handler-abacus'], { env, engine: engine() })).out).toContain('is the newest');
    expect((await runFake(['handlers', 'remove', 'llmi-handler-abacus'], { env, engine: engine() })).exitCode).toBe(0);
    expect(installed().dependencies ?? {}).toEqual({});
    expect(await runFake(['handlers', 'remove', 'llmi-handler-abacus'], { env, engine: engine() })).toMatchObject({ exitCode: 3 });
  });

  it('that do not exist are told so', async () => {
    expect(await runFake(['handlers', 'add', 'llmi-handler-nowhere', '--yes'], { env, engine: engine() })).toMatchObject({ exitCode: 3, err: expect.stringContaining('no package llmi-handler-nowhere') as unknown });
  });
});

it.each([
  ['no handler', undefined, /no "llmi"/, /llmi-handler/],
  ['one of a later interface', { apiVersion: 99, handlers: [] }, /does not know/, /update llmi/],
])('a package with %s is refused', (_name, llmi, message, hint) => {
  expect(() => offerOf({ name: 'x', version: '1.0.0', llmi })).toThrowError(expect.objectContaining({ code: 'HANDLER_INVALID', message: expect.stringMatching(message) as unknown, hint: expect.stringMatching(hint) as unknown }) as Error);
});
