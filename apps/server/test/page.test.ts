import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { injected } from './harness.js';

it('serves one document that may load nothing from elsewhere', async () => {
  const { headers, body, statusCode } = await (await injected()).inject({ url: '/' });
  expect([statusCode, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  const policy = headers['content-security-policy'] as string;
  for (const [tag, directive] of [['style', 'style-src'], ['script', 'script-src']] as const) {
    const inline = new RegExp(`<${tag}[^>]*>([\\s\\S]*)</${tag}>`).exec(body)![1]!;
    expect(inline.length).toBeGreaterThan(500);
    expect(policy).toContain(`${directive} 'sha256-${createHash('sha256').update(inline).digest('base64')}'`);
  }
  expect(body).not.toMatch(/(src|href)="(https?:)?\/\//);
});

it('comes without a key too, to ask for one', async () => {
  const { statusCode, body } = await (await injected({ apiKeys: ['k'] })).inject({ url: '/' });
  expect(statusCode).toBe(401);
  expect(body).toContain('id="key"');
});
