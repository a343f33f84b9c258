import { doneEvent, type GenerateEvent } from '@llmi/core';
import OpenAI, { toFile } from 'openai';
import { describe, expect, it } from 'vitest';
import { giving, pixel } from './behaviours.js';
import { fakeEngine, hang, type FakeEngineOptions } from './fake-engine.js';
import { eventsOf, injected, listening, until } from './harness.js';

async function client(options: FakeEngineOptions = {}) {
  const { url, engine } = await listening({ engine: fakeEngine(options), apiKeys: ['k'] });
  return { openai: new OpenAI({ baseURL: `${url}/v1`, apiKey: 'k', maxRetries: 0 }), engine, url };
}

const pictures = giving({ type: 'image', image: pixel, images: [pixel, pixel], metadata: {} });
const wav = Buffer.from('RIFF\0\0\0\0WAVEfmt ', 'latin1').toString('base64');
const rgba = Buffer.from(Buffer.from(pixel, 'base64'));
rgba[25] = 6;

describe('images', () => {
  it('come as addresses that the client can open without its key', async () => {
    const { openai, engine } = await client({ behaviour: pictures });
    const reply = await openai.images.generate({ model: 'org/one', prompt: 'a cat', n: 2, size: '512x768' as never, quality: 'high', user: 'me' });
    expect(engine.requests).toEqual([{ prompt: 'a cat', numImages: 2, width: 512, height: 768 }]);
    expect(reply.data!.length).toBe(2);
    const picture = await fetch(reply.data![0]!.url!);
    expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect(Buffer.from(await picture.arrayBuffer()).toString('base64')).toBe(pixel);
    expect((await fetch(reply.data![0]!.url!.replace(/.$/, '-'))).status).toBe(404);
  });

  it('come as base64 where that is asked for', async () => {
    const { openai } = await client({ behaviour: pictures });
    const reply = await openai.images.generate({ model: 'org/one', prompt: 'a cat', response_format: 'b64_json' });
    expect(reply).toMatchObject({ data: [{ b64_json: pixel }, { b64_json: pixel }], output_format: 'png' });
  });

  it('stream previews, then the picture', async () => {
    const { openai } = await client({
      behaviour: async function* (): AsyncIterable<GenerateEvent> {
        for (const step of [1, 2, 3]) yield { type: 'progress', stage: 'denoise', step, steps: 3, preview: pixel };
        yield doneEvent({ type: 'image', image: pixel, images: [pixel], metadata: {} });
      },
    });
    const types = [];
    for await (const event of await openai.images.generate({ model: 'org/one', prompt: 'a cat', stream: true, partial_images: 2 })) types.push(event.type);
    expect(types).toEqual(['image_generation.partial_image', 'image_generation.partial_image', 'image_generation.completed']);
  });

  it('are changed by words and a mask', async () => {
    const { openai, engine } = await client({ behaviour: pictures });
    const png = (bytes: Buffer) => toFile(bytes, '../../evil.png', { type: 'image/png' });
    await openai.images.edit({ model: 'org/one', prompt: 'a dog', image: await png(Buffer.from(pixel, 'base64')), mask: await png(Buffer.from(pixel, 'base64')), n: 1, size: '512x512' });
    const url = `data:image/png;base64,${pixel}`;
    expect(engine.requests[0]).toEqual({ prompt: 'a dog', image: url, maskImage: url, numImages: 1, width: 512, height: 512 });
    await expect(openai.images.edit({ model: 'org/one', prompt: 'a dog', image: await png(Buffer.from(pixel, 'base64')), mask: await png(rgba) })).rejects.toMatchObject({ status: 422, param: 'mask' });
    await openai.images.createVariation({ model: 'org/one', image: await png(Buffer.from(pixel, 'base64')) });
    expect(engine.requests[1]).toEqual({ prompt: '', image: url });
  });

  it('of a model that makes none are refused', async () => {
    const { openai } = await client();
    await expect(openai.images.generate({ model: 'org/one', prompt: 'a cat' })).rejects.toMatchObject({ status: 422, param: 'model' });
    await expect(openai.images.generate({ model: 'org/two', prompt: 'a cat' })).rejects.toMatchObject({ status: 404 });
    await expect(openai.images.generate({ model: 'org/one', prompt: 'a cat', background: 'transparent' })).rejects.toMatchObject({ status: 400, param: 'background' });
  });
});

describe('speech', () => {
  it('comes as sound', async () => {
    const { openai, engine } = await client({ behaviour: giving({ type: 'audio', audio: wav, metadata: {} }) });
    const reply = await openai.audio.speech.create({ model: 'org/one', input: 'Hello', voice: 'alloy', response_format: 'wav', speed: 1.5 });
    expect([reply.headers.get('content-type'), Buffer.from(await reply.arrayBuffer()).toString('base64')]).toEqual(['audio/wav', wav]);
    expect(engine.requests).toEqual([{ prompt: 'Hello', audioFormat: 'wav', speed: 1.5 }]); // with the model's own voice
    await openai.audio.speech.create({ model: 'org/one', input: 'Hello', voice: 'af_heart' as 'alloy', response_format: 'wav' });
    expect(engine.requests.at(-1)).toMatchObject({ voice: 'af_heart' });
    await expect(openai.audio.speech.create({ model: 'org/one', input: 'Hello', voice: 'alloy', response_format: 'pcm' })).rejects.toMatchObject({ status: 400, param: 'response_format' });
  });
});

describe('transcriptions', () => {
  const heard = giving({ type: 'transcription', text: 'Hello there.', language: 'en', duration: 3.5, segments: [{ start: 0, end: 1.25, text: ' Hello' }, { start: 3601.5, end: 3602, text: ' there.' }] });
  const ask = async (behaviour = heard) => ({ ...(await client({ behaviour })), file: await toFile(Buffer.from(wav, 'base64'), 'x.wav') });

  it('come in every format', async () => {
    const { openai, engine, file } = await ask();
    const create = (format: string) => openai.audio.transcriptions.create({ model: 'org/one', file, response_format: format as 'json', language: 'en', prompt: 'Hm', temperature: 0 }) as unknown;
    expect(await create('json')).toEqual({ text: 'Hello there.' });
    expect(await create('text')).toBe('Hello there.\n');
    expect(await create('srt')).toBe('1\n00:00:00,000 --> 00:00:01,250\nHello\n\n2\n01:00:01,500 --> 01:00:02,000\nthere.\n');
    expect(await create('vtt')).toBe('WEBVTT\n\n00:00:00.000 --> 00:00:01.250\nHello\n\n01:00:01.500 --> 01:00:02.000\nthere.\n');
    expect(await create('verbose_json')).toEqual({ task: 'transcribe', language: 'en', duration: 3.5, text: 'Hello there.', segments: [{ id: 0, start: 0, end: 1.25, text: ' Hello' }, { id: 1, start: 3601.5, end: 3602, text: ' there.' }] });
    const audio = `data:audio/wav;base64,${wav}`;
    expect(engine.requests[0]).toEqual({ audio, language: 'en', prompt: 'Hm', temperature: 0 });
    expect(engine.requests.slice(2).map(({ timestamps }) => timestamps)).toEqual(['segment', 'segment', 'segment']);
  });

  it('tell when each word was said', async () => {
    const { openai, engine, file } = await ask(giving({ type: 'transcription', text: 'Hi you', duration: 1, segments: [{ start: 0, end: 1, text: 'Hi you', words: [{ start: 0, end: 0.5, word: 'Hi' }, { start: 0.5, end: 1, word: 'you' }] }] }));
    const reply = await openai.audio.transcriptions.create({ model: 'org/one', file, response_format: 'verbose_json', timestamp_granularities: ['word'] });
    expect(reply.words).toEqual([{ start: 0, end: 0.5, word: 'Hi' }, { start: 0.5, end: 1, word: 'you' }]);
    expect(engine.requests[0]!.timestamps).toBe('word');
  });

  it('stream, and translate', async () => {
    const { openai, engine, file } = await ask(async function* () {
      yield { type: 'text', token: 'Hello' };
      yield doneEvent({ type: 'transcription', text: 'Hello', duration: 1, segments: [] });
    } as typeof heard);
    const events = [];
    for await (const event of await openai.audio.transcriptions.create({ model: 'org/one', file, stream: true })) events.push(event);
    expect(events).toEqual([{ type: 'transcript.text.delta', delta: 'Hello' }, { type: 'transcript.text.done', text: 'Hello' }]);
    expect(await openai.audio.translations.create({ model: 'org/one', file })).toEqual({ text: 'Hello' });
    expect(engine.requests[1]).toMatchObject({ translate: true });
  });

  it('of too large a file are refused', async () => {
    const app = await injected({ bodyLimitBytes: 1000 });
    const form = (content: string) => `--x\r\nContent-Disposition: form-data; name="model"\r\n\r\norg/one\r\n--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n${content}\r\n--x--\r\n`;
    const reply = await app.inject({ method: 'POST', url: '/v1/audio/transcriptions', headers: { 'content-type': 'multipart/form-data; boundary=x' }, payload: form('a'.repeat(5000)) });
    expect([reply.statusCode, reply.json().error.code]).toEqual([413, 'payload_too_large']);
    const elsewhere = await app.inject({ method: 'POST', url: '/generate', headers: { 'content-type': 'multipart/form-data; boundary=x' }, payload: form('a') });
    expect(elsewhere.statusCode).toBe(415);
  });
});

describe('videos', () => {
  it('are made while nobody waits', async () => {
    const mp4 = Buffer.from('\0\0\0\x18ftypmp42', 'latin1').toString('base64');
    const { openai, engine } = await client({
      behaviour: async function* (): AsyncIterable<GenerateEvent> {
        yield { type: 'progress', stage: 'denoise', step: 1, steps: 2 };
        yield doneEvent({ type: 'video', video: mp4, metadata: {} });
      },
    });
    const video = await openai.videos.create({ model: 'org/one' as never, prompt: 'a cat runs', size: '512x512' as never, fps: 8, seconds: '2' } as never);
    expect(video).toMatchObject({ object: 'video', model: 'org/one', size: '512x512', seconds: '2', prompt: 'a cat runs' });
    await until(() => engine.active === 0 && engine.requests.length === 1);
    expect(engine.requests).toEqual([{ prompt: 'a cat runs', width: 512, height: 512, fps: 8, numFrames: 16 }]);
    expect(await openai.videos.retrieve(video.id)).toMatchObject({ status: 'completed', progress: 100 });
    const content = await openai.videos.downloadContent(video.id);
    expect([content.headers.get('content-type'), Buffer.from(await content.arrayBuffer()).toString('base64')]).toEqual(['video/mp4', mp4]);
    expect((await openai.videos.list()).data.map(({ id }) => id)).toEqual([video.id]);
    await openai.videos.delete(video.id);
    await expect(openai.videos.retrieve(video.id)).rejects.toMatchObject({ status: 404 });
  });

  it('end when they are deleted, and say why they failed', async () => {
    const { openai, engine } = await client({ behaviour: hang });
    const video = await openai.videos.create({ model: 'org/one' as never, prompt: 'a' });
    await until(() => engine.active === 1);
    await openai.videos.delete(video.id);
    await until(() => engine.active === 0);
    expect(engine.aborts).toMatchObject([{ code: 'CANCELLED' }]);
    engine.behave(giving({ type: 'image', image: pixel, images: [pixel], metadata: {} }));
    const failed = await openai.videos.create({ model: 'org/one' as never, prompt: 'a' });
    await until(() => engine.active === 0 && engine.requests.length === 2);
    expect(await openai.videos.retrieve(failed.id)).toMatchObject({ status: 'failed', error: { code: 'task_unsupported' } });
  });
});

describe('rerank', () => {
  const ranked = giving({ type: 'rerank', results: [{ index: 1, score: 0.9 }, { index: 0, score: 0.1 }], usage: { promptTokens: 9, completionTokens: 0, totalTokens: 9 } });

  it.each(['/v1/rerank', '/v2/rerank', '/rerank'])('%s puts the best first', async (url) => {
    const engine = fakeEngine({ behaviour: ranked });
    const reply = await (await injected({ engine })).inject({ method: 'POST', url, payload: { model: 'org/one', query: 'q', documents: ['a', { text: 'b' }], top_n: 2, return_documents: true } });
    expect(reply.json()).toMatchObject({ object: 'list', model: 'org/one', results: [{ index: 1, relevance_score: 0.9, document: { text: 'b' } }, { index: 0, relevance_score: 0.1, document: { text: 'a' } }], usage: { total_tokens: 9 } });
    expect(engine.requests).toEqual([{ query: 'q', documents: ['a', 'b'], topN: 2 }]);
  });

  it('of a model that ranks nothing is refused in the shape of OpenAI', async () => {
    const reply = await (await injected()).inject({ method: 'POST', url: '/rerank', payload: { query: 'q', documents: ['a'] } });
    expect([reply.statusCode, reply.json()]).toMatchObject([422, { error: { code: 'task_unsupported', param: 'model' } }]);
    expect(eventsOf(reply.body)).toEqual([]);
  });
});
