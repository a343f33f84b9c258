import { describe, expect, it } from 'vitest';
import { fakeEngine } from './fake-engine.js';
import { injected } from './harness.js';

const get = async (app: Awaited<ReturnType<typeof injected>>, url: string) => {
  const reply = await app.inject({ url });
  return [reply.statusCode, reply.json()] as const;
};

describe('probes', () => {
  it('health is honest about loaded models', async () => {
    const app = await injected();
    expect(await get(app, '/health')).toEqual([200, { status: 'healthy', model_loaded: false, timestamp: expect.stringMatching(/^\d{4}-.*Z$/), version: '1.0.0' }]);
    await app.inject({ method: 'POST', url: '/generate', payload: { prompt: 'a' } });
    expect(await get(app, '/health')).toMatchObject([200, { model_loaded: true }]);
  });

  it('ready needs a model to answer with', async () => {
    expect(await get(await injected(), '/ready')).toEqual([200, { status: 'ready' }]);
    expect(await get(await injected({ engine: fakeEngine({ models: [] }) }), '/ready')).toMatchObject([503, { error: { code: 'MODEL_NOT_INSTALLED' } }]);
    expect(await get(await injected({ defaultModel: 'org/gone' }), '/ready')).toMatchObject([503, { error: { code: 'MODEL_NOT_INSTALLED' } }]);
  });
});

describe('/info and /capabilities', () => {
  const capabilities = {
    supports_streaming: true,
    supports_system_prompt: true,
    supports_multimodal: false,
    supports_tools: false,
    supports_reasoning: false,
    max_context_length: 512,
    input_modalities: ['text'],
    output_modalities: ['text'],
    tasks: ['text-generation'],
    supported_modes: ['auto', 'chat', 'complete'],
    mode_descriptions: { auto: 'Chooses.', chat: 'Talks.', complete: 'Goes on.' },
  };

  it('tell what the model is, before and after it is loaded', async () => {
    const app = await injected();
    const [status, info] = await get(app, '/info');
    expect(status).toBe(200);
    expect(info).toEqual({
      model_id: 'org/one',
      model_type: 'llama',
      model_family: 'llama',
      revision: 'c0ffee',
      quantization: 'Q8_0',
      capabilities,
      device: null,
      dtype: null,
      context_length: null,
      stream_mode: true,
      lora_loaded: false,
      lora_path: null,
      loaded: false,
      memory: { model_bytes: null, server_bytes: expect.any(Number), required_bytes: 2e8 },
      versions: { llmi: '1.0.0', node: process.versions.node, handler: 'fake 1.2.3' },
    });
    await app.inject({ method: 'POST', url: '/models/load', payload: { model: 'org/one' } });
    expect((await get(app, '/info'))[1]).toMatchObject({ device: 'cpu', dtype: 'Q8_0', context_length: 512, loaded: true, memory: { model_bytes: 1e8 } });
  });

  it('tell what the model takes and makes', async () => {
    expect(await get(await injected(), '/capabilities')).toEqual([
      200,
      { text_generation: true, image_generation: false, multimodal: false, modes: ['auto', 'chat', 'complete'], ...capabilities },
    ]);
  });

  it('are about the model that is asked for, and 503 where there is none', async () => {
    const app = await injected({ engine: fakeEngine({ models: ['org/one', 'org/two'] }) });
    expect(await get(app, '/info?model=org/two')).toMatchObject([200, { model_id: 'org/two' }]);
    expect(await get(app, '/info')).toMatchObject([400, { error: { code: 'INPUT_INVALID', param: 'model' } }]);
    expect(await get(app, '/info?model=a&model=b')).toMatchObject([400, { error: { code: 'INPUT_INVALID', param: 'model' } }]);
    expect(await get(app, '/info?modle=a')).toMatchObject([400, { error: { param: 'modle', hint: 'Did you mean "model"?' } }]);
    expect(await get(app, '/capabilities?model=org/three')).toMatchObject([404, { error: { code: 'MODEL_NOT_INSTALLED' } }]);
    const empty = await injected({ engine: fakeEngine({ models: [] }) });
    for (const url of ['/info', '/capabilities']) expect(await get(empty, url)).toMatchObject([503, { error: { code: 'MODEL_NOT_INSTALLED' } }]);
  });
});

describe('/models', () => {
  it('lists, loads and unloads', async () => {
    const app = await injected({ engine: fakeEngine({ models: ['org/one', 'org/two'] }), defaultModel: 'org/two' });
    const post = async (url: string, payload: object) => {
      const reply = await app.inject({ method: 'POST', url, payload });
      return [reply.statusCode, reply.json()] as const;
    };
    expect(await post('/models/load', { model: 'org/two' })).toMatchObject([200, { model: 'org/two', loaded: true, state: 'ready', memory_bytes: 1e8, parallel: 2 }]);
    const [, list] = await get(app, '/models');
    expect(list).toMatchObject({
      default_model: 'org/two',
      models: [
        { name: 'org/one', model_type: 'llama', handler: 'fake', size_bytes: 1000, loaded: false },
        { name: 'org/two', loaded: true, device: 'cpu' },
      ],
    });
    expect(JSON.stringify(list)).not.toContain('/srv');
    expect(await post('/models/unload', { model: 'org/two' })).toEqual([200, { model: 'org/two', unloaded: true }]);
    expect(await post('/models/unload', { model: 'org/two' })).toEqual([200, { model: 'org/two', unloaded: false }]);
    expect(await post('/models/load', {})).toMatchObject([400, { error: { param: 'model' } }]);
    expect(await post('/models/load', { model: 'org/three' })).toMatchObject([404, { error: { code: 'MODEL_NOT_INSTALLED' } }]);
  });
});

describe('the model of a request', () => {
  const engine = () => fakeEngine({ models: ['org/one', 'org/two'] });
  const ask = async (options: Parameters<typeof injected>[0], model?: string) => {
    const reply = await (await injected(options)).inject({ method: 'POST', url: '/generate', payload: { prompt: 'a', ...(model === undefined ? {} : { model }) } });
    return [reply.statusCode, reply.json()] as const;
  };

  it('is the one it names, else the default, else the only one', async () => {
    expect(await ask({ engine: engine() }, 'org/two')).toMatchObject([200, { model: { id: 'org/two' } }]);
    expect(await ask({ engine: engine(), defaultModel: 'org/two' })).toMatchObject([200, { model: { id: 'org/two' } }]);
    expect(await ask({})).toMatchObject([200, { model: { id: 'org/one' } }]);
  });

  it('is never another', async () => {
    expect(await ask({ engine: engine() })).toMatchObject([400, { error: { code: 'INPUT_INVALID', param: 'model', hint: 'One of: org/one, org/two.' } }]);
    expect(await ask({ engine: engine(), defaultModel: 'org/one' }, 'org/oen')).toMatchObject([404, { error: { code: 'MODEL_NOT_INSTALLED', hint: 'Did you mean "org/one"?' } }]);
    expect(await ask({ engine: fakeEngine({ models: [] }) })).toMatchObject([404, { error: { hint: expect.stringContaining('llmi install') } }]);
  });

  it.each(['/srv/models/x', '../../etc', './x', 'C:\\models', 'a/../../b', '~/x'])('is no path of the server: %s', async (name) => {
    const asked: string[] = [];
    const one = fakeEngine();
    const find = one.find;
    one.find = (model) => {
      asked.push(model);
      return find(model);
    };
    expect(await ask({ engine: one }, name)).toMatchObject([404, { error: { code: 'MODEL_NOT_INSTALLED', param: 'model' } }]);
    expect(asked).toEqual([]);
  });
});
