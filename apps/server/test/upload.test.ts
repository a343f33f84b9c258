import { describe, expect, it } from 'vitest';
import { pixel } from './behaviours.js';
import { fakeEngine } from './fake-engine.js';
import { injected, listening } from './harness.js';

describe('POST /upload', () => {
  it('keeps a file, for requests that name it by its id', async () => {
    const { url, engine } = await listening();
    const form = new FormData();
    form.set('file', new Blob([Buffer.from(pixel, 'base64')], { type: 'text/html' }), '../x.html');
    const uploaded = (await (await fetch(`${url}/upload`, { method: 'POST', body: form })).json()) as { id: string };
    expect(uploaded).toEqual({ id: expect.stringMatching(/^media_[0-9a-f]{32}$/), size: Buffer.from(pixel, 'base64').length, content_type: 'image/png' });
    const content = [{ type: 'image_url', image_url: { url: uploaded.id } }];
    const reply = await fetch(`${url}/generate`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ messages: [{ role: 'user', content }], images: [uploaded.id] }) });
    expect(reply.status).toBe(200);
    const image = `data:image/png;base64,${pixel}`;
    expect(engine.requests).toEqual([{ images: [image], messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: image } }] }] }]);
  });

  it('takes JSON too, and refuses what is no file and ids of nothing', async () => {
    const app = await injected({ engine: fakeEngine() });
    const upload = (payload: object) => app.inject({ method: 'POST', url: '/upload', payload });
    expect((await upload({ file: `data:image/png;base64,${pixel}` })).json()).toMatchObject({ content_type: 'image/png' });
    for (const payload of [{}, { file: '' }, { file: '/etc/passwd' }, { file: 'http://127.0.0.1/' }, { file: pixel, name: 'x' }]) expect((await upload(payload)).statusCode).toBe(400);
    const reply = await app.inject({ method: 'POST', url: '/generate', payload: { prompt: 'a', image: `media_${'0'.repeat(32)}` } });
    expect([reply.statusCode, reply.json().error.param]).toEqual([400, 'image']);
  });
});
