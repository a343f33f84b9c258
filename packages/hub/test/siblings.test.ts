import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findSiblings, latestCommit, reachHub, whoAmI, type HubSettings } from '../src/index.js';
import { Hubd, hubdIsHere } from './helpers/hubd.js';
import { tinyGguf } from '@llmi/handler-testkit/gguf';

describe.skipIf(!hubdIsHere)('what hubd.py says of repositories and accounts', () => {
  let hub: Hubd;
  let settings: HubSettings;
  const card = (base: string) => `---\nbase_model: ${base}\nbase_model_relation: quantized\n---\n`;
  beforeAll(async () => {
    hub = await Hubd.start();
    settings = { endpoint: hub.url, cacheDir: hub.root };
    await hub.put('org/plain', { 'config.json': '{}', '.hub.json': '{"formerly": ["org/earlier"]}' });
    const gguf = (base: string, downloads: number, more = {}) => ({ 'm-Q8_0.gguf': tinyGguf(), 'README.md': card(base), '.hub.json': JSON.stringify({ downloads, ...more }) });
    await hub.put('somebody/plain-GGUF', gguf('org/plain', 9000));
    await hub.put('bartowski/plain-GGUF', gguf('org/plain', 100));
    await hub.put('org/plain-GGUF', gguf('org/plain', 1));
    await hub.put('closed/plain-GGUF', gguf('org/plain', 9999, { gated: 'manual' }));
    await hub.put('org/different-GGUF', gguf('org/different', 5));
    await hub.put('onnx-community/plain', { 'onnx/model.onnx': 'x', 'README.md': `---\nbase_model: org/plain\nbase_model_relation: quantized\nlibrary_name: transformers.js\ntags: [onnx]\n---\n` });
  });
  afterAll(() => hub?.[Symbol.asyncDispose]());

  it('finds the same model in other formats, the same owner first, gated ones never', async () => {
    expect((await findSiblings('org/plain', ['gguf'], settings)).map(({ id }) => id)).toEqual(['org/plain-GGUF', 'bartowski/plain-GGUF', 'somebody/plain-GGUF']);
    expect(await findSiblings('org/plain', ['safetensors', 'onnx'], settings)).toMatchObject([{ id: 'onnx-community/plain', format: 'onnx' }]);
    expect(await findSiblings('org/none', ['gguf', 'onnx'], settings)).toEqual([]);
    expect(await findSiblings('org/plain', ['gguf'], { ...settings, offline: true })).toEqual([]);
  });

  it('knows where a branch stands, and a new name', async () => {
    const { id, commit } = await latestCommit('org/earlier', undefined, settings);
    expect({ id, length: commit.length }).toEqual({ id: 'org/plain', length: 40 });
    await expect(latestCommit('org/plain', 'nope', settings)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });

  it('tells a token that the hub does not know', async () => {
    await reachHub(settings);
    await expect(whoAmI({ ...settings, token: 'hf_nobody' })).rejects.toMatchObject({ code: 'HUB_AUTH_REQUIRED' });
    await expect(reachHub({ ...settings, endpoint: 'http://127.0.0.1:9', timeoutMs: 200 }, { signal: AbortSignal.timeout(300) })).rejects.toThrow();
  });
});
