import { once } from 'node:events';
import { createServer } from 'node:http';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { inspect } from '@llmi/hub';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fakeEngine } from '../fake-engine.js';
import { injected } from '../harness.js';
import { attack, fileText, keptOffBy, root } from './table.js';

const notModels = ['../../etc/passwd', '/etc/passwd', '..%2f..%2fetc%2fpasswd', 'org/../../x', './org/one', '~/x', 'C:\\x', '\\\\host\\x', 'file:///etc/passwd', 'http://127.0.0.1:1/x', `sha256:${'a'.repeat(63)}/../x`, 'sha256:../../x', 'sha256-abc', 'org/one\0', 'org/one/../..', '', 'x.gguf', 'org/x.gguf', 'org/one; rm -rf /', '$(id)/x'];

describe(attack(1), () => {
  it.each(notModels)('%j is neither installed, removed, loaded nor shown', async (model) => {
    const engine = fakeEngine();
    const app = await injected({ engine });
    const replies = await Promise.all([
      app.inject({ method: 'POST', url: '/api/pull', payload: { model, stream: false } }),
      app.inject({ method: 'DELETE', url: '/api/delete', payload: { model } }),
      app.inject({ method: 'POST', url: '/api/show', payload: { model } }),
      app.inject({ method: 'POST', url: '/models/load', payload: { model } }),
      app.inject({ method: 'POST', url: '/v1/chat/completions', payload: { model, messages: [{ role: 'user', content: 'a' }] } }),
      app.inject({ url: `/v1/models/${encodeURIComponent(model)}${model === '' ? 'x' : ''}` }),
    ]);
    for (const { statusCode, body } of replies) {
      expect([400, 404]).toContain(statusCode);
      expect(body).not.toMatch(/root:|\/srv\//);
    }
    expect([engine.installs, engine.removals, engine.requests, engine.loaded()]).toEqual([[], [], [], []]);
  });

  it.each(['/api/blobs/sha256:../../x', '/api/blobs/sha256-abc', '/media/../../etc/passwd', '/media/..%2f..%2fetc%2fpasswd'])('%s is nothing', async (url) => {
    const app = await injected();
    for (const method of ['GET', 'HEAD', 'POST'] as const) expect([404, 405]).toContain((await app.inject({ method, url })).statusCode);
  });

  it('a name alone is one of the hub, not of the folder that the server was started in', async () => {
    const engine = fakeEngine();
    await (await injected({ engine })).inject({ method: 'POST', url: '/api/pull', payload: { model: 'packages/core', stream: false } });
    expect(engine.installs).toEqual(['packages/core@main']);
  });

  keptOffBy('packages/hub/test/inspect.test.ts', "it.each(['../../evil.json', '/etc/evil.gguf', 'a\\\\..\\\\b.onnx', 'CON.json'])('refuses %s by name'");
});

describe(attack(2), () => {
  keptOffBy('packages/hub/test/hubd.test.ts', 'installs nothing of a file that never is what the hub lists');
  keptOffBy('packages/hub/test/download.test.ts', 'fetches wrong bytes once more, then says so and leaves none of them');
});

describe(attack(3), () => {
  it('what is not installed is not removed', async () => {
    const engine = fakeEngine();
    const app = await injected({ engine });
    for (const model of ['org/two', 'models', '*', '.']) expect((await app.inject({ method: 'DELETE', url: '/api/delete', payload: { model } })).statusCode).toBe(404);
    expect(engine.removals).toEqual([]);
  });
  keptOffBy('packages/hub/src/store/model-store.test.ts', "never touches a local model's own files, nor paths that lead out of the snapshot");
});

describe(attack(4), () => {
  it('no package brings a library that unpacks archives', () => {
    const packages = ['packages', 'apps'].flatMap((folder) => readdirSync(new URL(`${folder}/`, root)).map((name) => `${folder}/${name}/package.json`));
    const dependencies = packages.flatMap((file) => Object.keys((JSON.parse(fileText(file)) as { dependencies?: object }).dependencies ?? {}));
    expect(dependencies).toContain('fastify');
    expect(dependencies.filter((name) => /(^|[-/])(tar|tar-fs|tar-stream|zip|adm-zip|unzipper|yauzl|jszip|decompress|extract-zip|7zip)($|-)/.test(name))).toEqual([]);
  });

  it.each(['application/zip', 'application/x-tar', 'application/gzip', 'application/octet-stream'])('%s is no body', async (type) => {
    const reply = await (await injected()).inject({ method: 'POST', url: '/api/pull', headers: { 'content-type': type }, payload: 'PK\x03\x04' });
    expect(reply.statusCode).toBe(415);
  });
});

describe(attack(5), () => {
  keptOffBy('packages/runtime-onnx/test/external-data.test.ts', 'refuses symbolic and hard links out of the folder');
  keptOffBy('packages/runtime-onnx/test/external-data.test.ts', 'finds an escape wherever a tensor can be');
});

describe(attack(6), () => {
  keptOffBy('packages/hub/src/gguf/read-gguf-header.test.ts', 'answers every truncation and every flipped byte with facts or a named error');
  keptOffBy('packages/hub/src/gguf/read-gguf-header.test.ts', 'refuses huge counts and lengths before it reserves anything');
  keptOffBy('packages/hub/src/safetensors-header.test.ts', "describe('refuses'");
});

describe(attack(7), () => {
  it('of a hub: the answer is cut off where it is too long, however small it came', async () => {
    const bomb = gzipSync(Buffer.alloc(256 * 1024 * 1024, ' '));
    const hub = createServer((_request, response) => response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(bomb)).listen(0, '127.0.0.1');
    await once(hub, 'listening');
    const cacheDir = await mkdtemp(join(tmpdir(), 'llmi-bomb-'));
    onTestFinished(async () => {
      hub.closeAllConnections();
      hub.close();
      await rm(cacheDir, { recursive: true });
    });
    const endpoint = `http://127.0.0.1:${(hub.address() as AddressInfo).port}`;
    await expect(inspect({ kind: 'hub', id: 'org/bomb' }, { endpoint, cacheDir })).rejects.toMatchObject({ code: 'HUB_REFUSED', message: expect.stringContaining('sends more than') });
  });

  it('of a client: compressed and deeply nested bodies are refused in every dialect', async () => {
    const app = await injected();
    for (const url of ['/generate', '/v1/responses', '/v1/messages', '/api/chat']) {
      const compressed = await app.inject({ method: 'POST', url, headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' }, payload: gzipSync('{}') });
      expect(compressed.statusCode).toBe(415);
      const nested = await app.inject({ method: 'POST', url, headers: { 'content-type': 'application/json' }, payload: `{"tools":${'['.repeat(20_000)}${']'.repeat(20_000)}}` });
      expect(nested.statusCode).toBe(400);
    }
  });
});

describe(attack(8), () => {
  keptOffBy('packages/hub/test/access.test.ts', 'sends no token to a host that the hub redirects to, large file or small');
  keptOffBy('packages/hub/test/access.test.ts', 'is fetched with the right token, which no CDN sees');
});

describe(attack(14), () => {
  it.each([
    ['/api/generate', { template: '{{ .System }}' }],
    ['/v1/chat/completions', { chat_template: '{{ cycler.__init__ }}' }],
    ['/v1/messages', { chat_template: 'x', max_tokens: 1 }],
  ])('%s takes none from a request', async (url, fields) => {
    const engine = fakeEngine();
    const reply = await (await injected({ engine })).inject({ method: 'POST', url, payload: { model: 'org/one', ...(url === '/api/generate' ? { prompt: 'a' } : { messages: [{ role: 'user', content: 'a' }] }), ...fields } });
    expect([reply.statusCode, engine.requests]).toEqual([400, []]);
  });
  keptOffBy('packages/chat-template/test/template-renderer.test.ts', 'cannot reach the program around it');
  keptOffBy('packages/chat-template/test/template-renderer.test.ts', 'ends an endless template, and goes on with the next');
  keptOffBy('packages/chat-template/test/template-renderer.test.ts', 'refuses to write without end');
});

describe(attack(16), () => {
  keptOffBy('packages/chat-template/src/guard-specials.test.ts', 'splits what was rendered into text of the template and text of the user');
});

describe(attack(20), () => {
  keptOffBy('packages/hub/src/choose/choose-files.test.ts', 'names pickles and never takes them');
  keptOffBy('packages/convert/test/convert.test.ts', 'pickled weights, which are never opened');
});

describe(attack(21), () => {
  it('install scripts of dependencies do not run, but for those that are named', () => {
    expect(fileText('pnpm-workspace.yaml')).toMatch(/onlyBuiltDependencies:\n( {2}- [\w/@-]+\n)+/);
  });

  it('no package of ours has an install script', () => {
    const packages = ['packages', 'apps'].flatMap((folder) => readdirSync(new URL(`${folder}/`, root)).map((name) => `${folder}/${name}/package.json`));
    for (const file of packages) expect(Object.keys((JSON.parse(fileText(file)) as { scripts?: object }).scripts ?? {}).filter((name) => /^(pre|post)?install$|^prepare$/.test(name))).toEqual([]);
  });
  keptOffBy('packages/core/src/registry.test.ts', 'finds handlers of the project, the home and the installation, scoped ones too, and runs none of them');
  keptOffBy('packages/core/src/registry.test.ts', 'does not let a package pass for one of llmi by its package.json');
});

describe(attack(22), () => {
  it.each(['/api/push', '/api/create', '/api/copy', '/api/blobs/sha256:abc'])('%s does not exist', async (url) => {
    expect((await (await injected()).inject({ method: 'POST', url, payload: { model: 'org/one' } })).statusCode).toBe(404);
  });
});

describe(attack(26), () => {
  keptOffBy('packages/hub/test/download.test.ts', 'is filled once by two installs at the same time');
  keptOffBy('packages/hub/test/download.test.ts', 'notices that what was left is not the file, and starts anew once');
  keptOffBy('packages/hub/test/cache.test.ts', 'with the right size and wrong bytes: found by verify, and that file alone is fetched');
});

describe(attack(27), () => {
  it('no route updates the server, and no package brings an updater', async () => {
    const { paths } = (await (await injected()).inject('/openapi.json')).json<{ paths: Record<string, unknown> }>();
    expect(Object.keys(paths).filter((path) => /update|upgrade/.test(path))).toEqual([]);
    const packages = ['packages', 'apps'].flatMap((folder) => readdirSync(new URL(`${folder}/`, root)).map((name) => `${folder}/${name}/package.json`));
    const dependencies = packages.flatMap((file) => Object.keys((JSON.parse(fileText(file)) as { dependencies?: object }).dependencies ?? {}));
    expect(dependencies.filter((name) => /updat(e|er)|auto-?install/.test(name))).toEqual([]);
  });
});
