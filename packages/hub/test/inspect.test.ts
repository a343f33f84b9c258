import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { afterDownload, chooseFiles, chosenInfo, download, inspect, type HubSettings } from '../src/index.js';
import { tinyGguf } from '@llmi/handler-testkit/gguf';
import { gitSha1, LoopbackHub, sha256 } from '@llmi/handler-testkit/hub';

const config = JSON.stringify({ model_type: 'bert', architectures: ['BertModel'] });
const q8 = tinyGguf('Q8_0', 4);
const f16 = tinyGguf('F16', 4);

let hub: LoopbackHub;
let settings: HubSettings;
beforeAll(async () => {
  hub = await LoopbackHub.start({
    'org/gguf': { files: { 'm-Q8_0.gguf': q8, 'm-F16.gguf': f16, 'README.md': '# m' } },
    'org/bert': { files: { 'config.json': config, '1_Pooling/config.json': '{"pooling_mode_mean_tokens": true}', 'modules.json': '[]', 'chat_template.jinja': '{{ x }}', 'onnx/model.onnx': 'weights' } },
    'org/gated': { gated: true, files: { 'config.json': config } },
    'org/broken': { files: { 'config.json': '{"model_type": "ber' } },
    'org/python': { files: { 'config.json': '{"a": NaN, "b": -Infinity, "c": "NaN \\" Infinity"}' } },
    'org/cut': { files: { 'm-Q8_0.gguf': q8.subarray(0, -64) } },
  });
});
afterAll(() => hub[Symbol.asyncDispose]());
beforeEach(async () => {
  hub.requests.length = 0;
  hub.fault = () => undefined;
  hub.token = 'hf_secret';
  settings = { endpoint: hub.url, cacheDir: await mkdtemp(join(tmpdir(), 'llmi-cache-')), timeoutMs: 2000 };
});

const look = (id: string, more: Partial<HubSettings> = {}) => inspect({ kind: 'hub', id }, { ...settings, ...more });

describe('a repository of the hub', () => {
  it('gives files with hashes, the smallest header, and the facts that handlers are matched on', async () => {
    const info = await look('org/gguf');
    expect(info).toMatchObject({
      id: 'org/gguf', source: 'hub', revision: hub.commit('org/gguf'), modelType: 'llama', formats: ['gguf'], libraryName: 'gguf', pipelineTag: 'text-generation', license: 'mit',
      gguf: { file: 'm-Q8_0.gguf', parameterCount: 256, bytesByType: { Q8_0: 272 } },
    });
    expect(info.files).toContainEqual({ path: 'm-Q8_0.gguf', sizeBytes: q8.length, sha256: sha256(q8) });
    expect(info.files).toContainEqual({ path: 'README.md', sizeBytes: 3, gitSha1: gitSha1(Buffer.from('# m')) });
    expect(hub.requests).toHaveLength(4); // repository, listing, redirect and range
  });

  it('reads small files of the top and of components', async () => {
    const info = await look('org/bert');
    expect(info).toMatchObject({ modelType: 'bert', architectures: ['BertModel'], libraryName: 'sentence-transformers', formats: ['onnx'], text: { 'chat_template.jinja': '{{ x }}' } });
    expect(info.json['1_Pooling/config.json']).toEqual({ pooling_mode_mean_tokens: true });
  });

  it('has an estimated header read once the file is there', async () => {
    const info = await look('org/gguf');
    const chosen = await chosenInfo(info, chooseFiles(info, { formats: ['gguf'] }), settings);
    const folder = await download(chosen, settings);
    const estimated = { ...chosen, gguf: { ...chosen.gguf!, tensorBytes: 1, metadata: {}, estimated: true as const } };
    expect((await afterDownload(estimated, folder)).gguf).toEqual(chosen.gguf);
    expect((await afterDownload(chosen, folder)).gguf).toBe(chosen.gguf);
  });

  it('reads the header of the file that is chosen', async () => {
    const info = await look('org/gguf');
    const chosen = await chosenInfo(info, chooseFiles(info, { formats: ['gguf'], quantization: 'F16' }), settings);
    expect(chosen).toMatchObject({ quantization: 'F16', chosenFiles: ['m-F16.gguf'], gguf: { file: 'm-F16.gguf', bytesByType: { F16: 512 } } });
  });

  it('takes JSON as Python writes it, and names JSON that is none', async () => {
    expect((await look('org/python')).json['config.json']).toEqual({ a: null, b: null, c: 'NaN " Infinity' });
    await expect(look('org/broken')).rejects.toMatchObject({ code: 'MODEL_FILE_CORRUPT', message: expect.stringContaining('config.json') });
  });

  it('notices a GGUF that is shorter than its header says', async () => {
    await expect(look('org/cut')).rejects.toMatchObject({ code: 'MODEL_FILE_CORRUPT', message: expect.stringContaining('m-Q8_0.gguf') });
  });
});

describe('what the hub refuses', () => {
  it('says that a model does not exist', async () => {
    await expect(look('org/nothing')).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND', message: expect.stringContaining('org/nothing'), hint: expect.stringContaining('HF_TOKEN') });
    expect(hub.requests).toHaveLength(1);
  });

  it('says where a licence is accepted', async () => {
    await expect(look('org/gated')).rejects.toMatchObject({ code: 'HUB_AUTH_REQUIRED', hint: expect.stringContaining(`${hub.url}/org/gated`) });
    expect((await look('org/gated', { token: 'hf_secret' })).modelType).toBe('bert');
  });

  it('says that a token is wrong', async () => {
    await expect(look('org/bert', { token: 'hf_wrong' })).rejects.toMatchObject({ code: 'HUB_AUTH_REQUIRED', message: expect.stringContaining('token') });
  });

  it('tries again after a busy answer, and gives up with advice', async () => {
    let left = 2;
    hub.fault = () => (left-- > 0 ? { status: 503, headers: { 'retry-after': '0' } } : undefined);
    expect((await look('org/gguf')).modelType).toBe('llama');
    hub.fault = () => ({ status: 429, headers: { 'retry-after': '3600' } });
    await expect(look('org/gguf')).rejects.toMatchObject({ code: 'HUB_REFUSED', hint: expect.stringContaining('3600 seconds') });
  });

  it('says that nobody answers', async () => {
    await expect(look('org/gguf', { endpoint: 'http://127.0.0.1:9' })).rejects.toMatchObject({ code: 'HUB_UNREACHABLE' });
    await expect(look('org/gguf', { endpoint: 'huggingface' })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('rejects with the reason when it is stopped', async () => {
    const reason = new Error('Ctrl-C');
    const stop = new AbortController();
    hub.fault = () => {
      stop.abort(reason);
      return { status: 503 };
    };
    await expect(inspect({ kind: 'hub', id: 'org/gguf' }, settings, { signal: stop.signal })).rejects.toBe(reason);
    await expect(inspect({ kind: 'hub', id: 'org/gguf' }, settings, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('goes through a proxy', async () => {
    let tunnels = 0;
    const proxy = createServer().on('connect', (request, client, head) => {
      tunnels++;
      const [host, port] = request.url!.split(':');
      const onward = connect(Number(port), host, () => {
        client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        onward.write(head);
        onward.pipe(client).pipe(onward);
      });
      for (const socket of [client, onward]) socket.on('error', () => onward.destroy());
    });
    await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    expect((await look('org/gguf', { proxy: address })).modelType).toBe('llama');
    expect(tunnels).toBeGreaterThan(0);
    proxy.closeAllConnections();
    await new Promise((done) => proxy.close(done));
    await expect(look('org/gguf', { proxy: address })).rejects.toMatchObject({ code: 'HUB_UNREACHABLE' });
  });

  it('refuses a redirect to another scheme', async () => {
    hub.fault = () => ({ status: 302, headers: { location: 'file:///etc/passwd' } });
    await expect(look('org/gguf')).rejects.toMatchObject({ code: 'HUB_REFUSED' });
  });
});

describe('hostile listings', () => {
  it.each(['../../evil.json', '/etc/evil.gguf', 'a\\..\\b.onnx', 'CON.json'])('refuses %s by name', async (path) => {
    await using hostile = await LoopbackHub.start({ 'org/evil': { files: { 'config.json': config }, listedToo: [path] } });
    await expect(look('org/evil', { endpoint: hostile.url })).rejects.toMatchObject({ code: 'MODEL_FILE_REFUSED', message: expect.stringContaining(JSON.stringify(path)) });
  });

  it('leaves out what the model does not need', async () => {
    await using hostile = await LoopbackHub.start({ 'org/odd': { files: { 'config.json': config }, listedToo: ['../notes.md', 'bell\u0007.md'] } });
    expect((await look('org/odd', { endpoint: hostile.url })).files.map(({ path }) => path)).toEqual(['config.json']);
  });
});

describe('offline', () => {
  it('uses what the cache has, and says what it lacks', async () => {
    const offline = { offline: true };
    await expect(look('org/bert', offline)).rejects.toMatchObject({ code: 'HUB_OFFLINE' });
    const info = await look('org/bert');
    const chosen = await chosenInfo(info, chooseFiles(info, { formats: ['onnx'] }), settings);
    const folder = await download(chosen, settings);
    hub.requests.length = 0;
    const cached = await look('org/bert', offline);
    expect(cached).toMatchObject({ id: 'org/bert', source: 'hub', revision: info.revision, json: info.json });
    expect(cached.files).toContainEqual({ path: 'onnx/model.onnx', sizeBytes: 7, sha256: sha256(Buffer.from('weights')) });
    const again = await chosenInfo(cached, chooseFiles(cached, { formats: ['onnx'] }), { ...settings, ...offline });
    expect(await download(again, { ...settings, ...offline })).toBe(folder);
    expect(hub.requests).toEqual([]);
  });
});

describe('on this machine', () => {
  let folder: string;
  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'llmi-local-')), 'my-model');
    await mkdir(join(folder, 'onnx'), { recursive: true });
    await writeFile(join(folder, 'config.json'), config);
    await writeFile(join(folder, 'onnx', 'model.onnx'), 'weights');
    await writeFile(join(folder, 'README.md'), '---\nlicense: apache-2.0\npipeline_tag: feature-extraction\ntags:\n- x\n---\n# Hello');
  });

  it('gives the same facts of a folder, and what its card says', async () => {
    const info = await inspect({ kind: 'folder', path: folder }, settings);
    expect(info).toMatchObject({ id: 'local/my-model', source: 'folder', modelType: 'bert', formats: ['onnx'], libraryName: 'transformers', license: 'apache-2.0', pipelineTag: 'feature-extraction' });
    expect(info.files.map(({ path }) => path)).toEqual(['README.md', 'config.json', 'onnx/model.onnx']);
  });

  it('gives the facts of a single file, all parts of a split one, nothing else', async () => {
    await writeFile(join(folder, 'a-Q8_0.gguf'), q8);
    const info = await inspect({ kind: 'file', path: join(folder, 'a-Q8_0.gguf') }, settings);
    expect(info).toMatchObject({ id: 'local/a-Q8_0', source: 'file', modelType: 'llama', files: [{ path: 'a-Q8_0.gguf', sizeBytes: q8.length }] });
    await symlink('/nowhere', join(folder, 'other.gguf')); // of no concern here; listing the whole folder refuses it
    for (const part of [1, 2]) await writeFile(join(folder, `s-0000${part}-of-00002.gguf`), q8);
    const split = await inspect({ kind: 'file', path: join(folder, 's-00001-of-00002.gguf') }, settings);
    expect(split.files).toHaveLength(2);
    expect(split.gguf).toMatchObject({ parameterCount: 512, file: 's-00001-of-00002.gguf' });
    const choice = chooseFiles(split, { formats: ['gguf'] });
    expect(choice).toMatchObject({ quantization: 'Q8_0', files: ['s-00001-of-00002.gguf', 's-00002-of-00002.gguf'] });
  });

  it('reads the chosen header of a folder with several', async () => {
    await writeFile(join(folder, 'a-Q8_0.gguf'), q8);
    await writeFile(join(folder, 'a-F16.gguf'), f16);
    const info = await inspect({ kind: 'folder', path: folder }, settings);
    const choice = chooseFiles(info, { formats: ['gguf'], quantization: 'F16' });
    expect((await chosenInfo(info, choice, settings)).gguf?.file).toBe('a-F16.gguf');
    const copied = structuredClone(info);
    await expect(chosenInfo(copied, choice, settings)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    expect((await chosenInfo(copied, choice, settings, { folder })).gguf?.file).toBe('a-F16.gguf');
  });

  it('follows links inside the folder, refuses needed ones that leave it, leaves out the others', async () => {
    await symlink('config.json', join(folder, 'same.json'));
    const outside = join(folder, '..', 'secret.txt');
    await writeFile(outside, 'x');
    await symlink(outside, join(folder, 'NOTES.md'));
    const paths = async () => (await inspect({ kind: 'folder', path: folder }, settings)).files.map(({ path }) => path);
    expect(await paths()).toEqual(['README.md', 'config.json', 'onnx/model.onnx', 'same.json']);
    await symlink(outside, join(folder, 'model.gguf'));
    await expect(paths()).rejects.toMatchObject({ code: 'MODEL_FILE_REFUSED', message: expect.stringContaining('leaves the folder') });
  });

  it('says that a folder or a file is not there', async () => {
    await expect(inspect({ kind: 'folder', path: join(folder, 'no') }, settings)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
    await expect(inspect({ kind: 'file', path: join(folder, 'no.gguf') }, settings)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });
});
