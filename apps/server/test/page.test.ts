import { expect, it } from 'vitest';
import { injected } from './harness.js';

it('serves a page that may load nothing from elsewhere, and its files', async () => {
  const app = await injected();
  const { headers, body, statusCode } = await app.inject({ url: '/' });
  expect([statusCode, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  expect(headers['content-security-policy']).toMatch(/default-src 'none'.*script-src 'self'/);
  expect(headers['content-security-policy']).not.toMatch(/unsafe|https?:/);
  const files = [...body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file!).filter((file) => !file.startsWith('data:'));
  expect(files.length).toBeGreaterThanOrEqual(2);
  for (const file of files) {
    expect(file).toMatch(/^\.\/assets\/[\w-]+\.(js|css)$/);
    const reply = await app.inject({ url: file.slice(1) });
    expect(reply.statusCode).toBe(200);
    expect(reply.headers['cache-control']).toContain('immutable');
    expect(reply.headers['content-type']).toMatch(file.endsWith('.js') ? /^text\/javascript/ : /^text\/css/);
  }
});

it('comes without a key too, to ask for one', async () => {
  const app = await injected({ apiKeys: ['k'] });
  const { statusCode, body } = await app.inject({ url: '/' });
  expect(statusCode).toBe(401);
  const script = /src="\.([^"]+\.js)"/.exec(body)![1]!;
  expect((await app.inject({ url: script })).statusCode).toBe(200);
});

it.each(['/assets/missing.js', '/assets/..%2f..%2fpackage.json'])('has no file %s', async (url) => {
  expect((await (await injected()).inject({ url })).statusCode).toBe(404);
});
