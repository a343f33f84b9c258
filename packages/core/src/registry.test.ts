import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { modelInfoSchema, type ModelInfoInput } from './model-info.js';
import { HandlerRegistry } from './registry.js';

let root: string;
beforeEach(async () => (root = await mkdtemp(join(tmpdir(), 'llmi-registry-'))));
afterEach(() => rm(root, { recursive: true, force: true }));

const bert = (extra: Partial<ModelInfoInput> = {}) => modelInfoSchema.parse({ id: 'org/name', source: 'hub', modelType: 'bert', formats: ['onnx'], files: [], ...extra });

function manifest(name: string, extra: Record<string, unknown> = {}) {
  return { name, entry: './index.js', tasks: ['feature-extraction'], match: { modelTypes: ['bert'] }, ...extra };
}

/** A package under `<root>/<where>/node_modules`; its code leaves a mark in globalThis when it runs. */
async function addPackage(name: string, llmi: unknown, { where = 'project', code }: { where?: string; code?: string } = {}): Promise<string> {
  const folder = join(root, where, 'node_modules', name);
  await write(join(folder, 'package.json'), JSON.stringify({ name, version: '1.2.3', type: 'module', llmi }));
  await write(
    join(folder, 'index.js'),
    code ?? `(globalThis.imported ??= []).push(${JSON.stringify(name)}); export default { [Symbol.for('llmi.handler')]: true, name: ${JSON.stringify((llmi as { handlers?: { name: string }[] })?.handlers?.[0]?.name)}, create: () => ({}) };`,
  );
  return folder;
}

async function write(file: string, content: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}

const discover = () => HandlerRegistry.discover({ projectDir: join(root, 'project'), home: join(root, 'home'), installationDir: join(root, 'installation') });
const names = (registry: HandlerRegistry) => registry.handlers.map(({ manifest }) => manifest.name);
const imported = () => (globalThis as { imported?: string[] }).imported ?? [];

describe('discovery', () => {
  it('finds handlers of the project, the home and the installation, scoped ones too, and runs none of them', async () => {
    await addPackage('acme-handler', { apiVersion: 1, handlers: [manifest('acme')] });
    await addPackage('@acme/other', { apiVersion: 1, handlers: [manifest('other')] }, { where: 'home/handlers' });
    await addPackage('@llmi/handler-embedding', { apiVersion: 1, handlers: [manifest('embedding')] }, { where: 'installation' });
    await addPackage('no-handler', { models: { chat: 'org/name' } });
    const before = imported().length;
    const registry = await discover();
    expect(names(registry).sort()).toEqual(['acme', 'embedding', 'other']);
    expect(registry.problems).toEqual([]);
    expect(imported().length).toBe(before);
  });

  it('finds the handler whose own folder one stands in', async () => {
    await write(join(root, 'project/package.json'), JSON.stringify({ name: 'mine', version: '1.0.0', llmi: { apiVersion: 1, handlers: [manifest('mine')] } }));
    expect(names(await discover())).toEqual(['mine']);
  });

  it('reports broken, foreign and conflicting manifests by name and goes on', async () => {
    await addPackage('broken', { apiVersion: 1, handlers: [manifest('Not A Name')] });
    await addPackage('escapes', { apiVersion: 1, handlers: [manifest('escapes', { entry: './../evil.js' })] });
    await addPackage('newer', { apiVersion: 2, handlers: [manifest('newer')] });
    await addPackage('first', { apiVersion: 1, handlers: [manifest('same')] });
    await addPackage('second', { apiVersion: 1, handlers: [manifest('same')] });
    await write(join(root, 'project/node_modules/garbage/package.json'), '{"llmi": ');
    await write(join(root, 'project/node_modules/@acme/cut/package.json'), '{"llmi": {"apiVersion": 1, "handlers": [');
    const { problems, handlers } = await discover();
    expect(handlers.map((handler) => handler.package)).toEqual(['first']);
    expect(problems.map((problem) => problem.package).sort()).toEqual(['@acme/cut', 'broken', 'escapes', 'newer', 'second']);
    expect(problems.find((problem) => problem.package === 'newer')?.problem).toContain('this llmi speaks 1. Update llmi.');
    expect(problems.find((problem) => problem.package === 'broken')?.problem).toContain('handlers.0.name');
  });

  it('takes a sound copy of a package from elsewhere when the nearest is broken, and reports that one', async () => {
    await addPackage('@llmi/handler-embedding', { apiVersion: 1, handlers: [manifest('Not A Name')] });
    await addPackage('@llmi/handler-embedding', { apiVersion: 1, handlers: [manifest('embedding')] }, { where: 'installation' });
    const { problems, handlers } = await discover();
    expect(handlers.map(({ origin, manifest }) => [origin, manifest.name])).toEqual([['installation', 'embedding']]);
    expect(problems).toHaveLength(1);
  });

  it('does not let a package pass for one of llmi by its package.json', async () => {
    const folder = await addPackage('acme-handler', { apiVersion: 1, handlers: [manifest('embedding')] });
    await write(join(folder, 'package.json'), JSON.stringify({ name: '@llmi/handler-embedding', version: '9.0.0', llmi: { apiVersion: 1, handlers: [manifest('embedding')] } }));
    await addPackage('@llmi/handler-embedding', { apiVersion: 1, handlers: [manifest('embedding')] }, { where: 'installation' });
    const { problems, handlers } = await discover();
    expect(handlers.map(({ origin }) => origin)).toEqual(['installation']);
    expect(problems).toMatchObject([{ package: '@llmi/handler-embedding', problem: 'it calls itself @llmi/handler-embedding, but was installed as acme-handler' }]);
  });

  it('uses its cache, and notices a manifest that changed', async () => {
    const folder = await addPackage('acme-handler', { apiVersion: 1, handlers: [manifest('acme')] });
    expect(names(await discover())).toEqual(['acme']);
    expect(names(await discover())).toEqual(['acme']);
    await write(join(folder, 'package.json'), JSON.stringify({ name: 'acme-handler', version: '1.2.4', llmi: { apiVersion: 1, handlers: [manifest('renamed')] } }));
    await utimes(join(folder, 'package.json'), new Date(), new Date(Date.now() + 5000));
    expect(names(await discover())).toEqual(['renamed']);
  });

  it('makes a damaged cache anew', async () => {
    await addPackage('acme-handler', { apiVersion: 1, handlers: [manifest('acme')] });
    await write(join(root, 'home/cache/handlers.json'), '{"version": 1, "entries": 5');
    expect(names(await discover())).toEqual(['acme']);
  });
});

describe('choice', () => {
  it('prefers what comes with llmi to a third party, unless told otherwise', async () => {
    await addPackage('acme-handler', { apiVersion: 1, handlers: [manifest('acme', { match: { modelIds: ['org/*'] } })] });
    await addPackage('@llmi/handler-embedding', { apiVersion: 1, handlers: [manifest('embedding')] }, { where: 'installation' });
    const registry = await discover();
    expect((await registry.select(bert())).manifest.name).toBe('embedding');
    expect((await registry.select(bert(), { prefer: { 'feature-extraction': 'acme-handler' } })).manifest.name).toBe('acme');
  });

  it('takes the more specific of two, then the higher priority', async () => {
    await addPackage('one', { apiVersion: 1, handlers: [manifest('one')] });
    await addPackage('two', { apiVersion: 1, handlers: [manifest('two', { match: { architectures: ['Bert*'] } })] });
    await addPackage('three', { apiVersion: 1, handlers: [manifest('three', { match: { architectures: ['Bert*'] }, priority: 60 })] });
    const registry = await discover();
    expect(registry.rank(bert({ architectures: ['BertModel'] })).map(({ handler }) => handler.manifest.name)).toEqual(['three', 'two', 'one']);
  });

  it('names both of two that fit equally well, and how to settle it', async () => {
    await addPackage('one', { apiVersion: 1, handlers: [manifest('one')] });
    await addPackage('two', { apiVersion: 1, handlers: [manifest('two')] });
    await expect((await discover()).select(bert())).rejects.toMatchObject({
      code: 'HANDLER_CONFLICT',
      message: expect.stringMatching(/"one" of one.*"two" of two/) as unknown,
      hint: 'Settle it with: llmi config set handlers.prefer.feature-extraction one',
    });
  });

  it('sees a tie behind a handler that declines, and names one whose matches() fails', async () => {
    const define = (name: string, matches: string) => `export default { [Symbol.for('llmi.handler')]: true, name: '${name}', create: () => ({}), matches: () => ${matches} };`;
    await addPackage('a-one', { apiVersion: 1, handlers: [manifest('one')] });
    await addPackage('b-picky', { apiVersion: 1, handlers: [manifest('picky')] }, { code: define('picky', 'false') });
    await addPackage('c-two', { apiVersion: 1, handlers: [manifest('two')] });
    await expect((await discover()).select(bert())).rejects.toMatchObject({ code: 'HANDLER_CONFLICT', message: expect.stringMatching(/"one".*"two"/) as unknown });
    await addPackage('d-rude', { apiVersion: 1, handlers: [manifest('rude', { priority: 99 })] }, { code: define('rude', 'nonsense.at.all') });
    await expect((await discover()).select(bert())).rejects.toMatchObject({ code: 'HANDLER_INVALID', message: expect.stringContaining('"rude" of d-rude') as unknown });
  });

  it('lets a handler decline what its manifest took', async () => {
    const code = `export default { [Symbol.for('llmi.handler')]: true, name: 'picky', create: () => ({}), matches: () => false };`;
    await addPackage('picky', { apiVersion: 1, handlers: [manifest('picky', { priority: 90 })] }, { code });
    await addPackage('plain', { apiVersion: 1, handlers: [manifest('plain')] });
    expect((await (await discover()).select(bert())).manifest.name).toBe('plain');
  });

  it('says which format is missing when only the format is', async () => {
    await addPackage('acme-handler', { apiVersion: 1, handlers: [manifest('acme', { formats: ['onnx'] })] });
    await expect((await discover()).select(bert({ formats: ['safetensors'] }))).rejects.toMatchObject({ code: 'MODEL_FORMAT_UNSUPPORTED' });
  });

  it('says so when nobody takes the model', async () => {
    await expect((await discover()).select(bert({ modelType: 'nonsense' }))).rejects.toMatchObject({ code: 'HANDLER_NOT_FOUND' });
  });
});

describe('loading a handler', () => {
  it.each([
    ['throws', 'throw new Error("boom")', 'boom'],
    ['exports something else', 'export default {}', 'defineHandler'],
    ['has another name', `export default { [Symbol.for('llmi.handler')]: true, name: 'liar', create: () => ({}) };`, '"liar"'],
  ])('contains and names one that %s', async (_case, code, text) => {
    await addPackage('acme-handler', { apiVersion: 1, handlers: [manifest('acme')] }, { code });
    await expect((await discover()).select(bert())).rejects.toMatchObject({ code: 'HANDLER_INVALID', message: expect.stringContaining(text) as unknown });
  });
});
