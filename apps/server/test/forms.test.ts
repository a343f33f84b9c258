import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fakeEngine } from './fake-engine.js';
import { injected } from './harness.js';

const routes = ['/upload', '/v1/audio/transcriptions', '/v1/audio/translations', '/v1/images/edits', '/v1/images/variations', '/v1/videos', '/v1/files'];
const part = '--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n';

/** An engine whose home is the test's own: files are kept there. */
function engineAtHome() {
  const home = mkdtempSync(join(tmpdir(), 'llmi-forms-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const engine = fakeEngine();
  return { ...engine, settings: { ...engine.settings, home } };
}

describe.each(routes)('a form for %s', (url) => {
  it.each([
    ['without a boundary', 'multipart/form-data', ''],
    ['without a boundary, and with a body', 'multipart/form-data', `${part}hello\r\n--x--\r\n`],
    ['with an empty boundary', 'multipart/form-data; boundary=', ''],
    ['without parts', 'multipart/form-data; boundary=x', ''],
    ['that breaks off in the headers of a part', 'multipart/form-data; boundary=x', part.slice(0, 30)],
    ['that breaks off in a file', 'multipart/form-data; boundary=x', `${part}hello`],
    ['of noise', 'multipart/form-data; boundary=x', 'x'.repeat(1000)],
  ])('%s is the fault of the client', async (_what, type, payload) => {
    const app = await injected({ engine: engineAtHome() });
    const reply = await app.inject({ method: 'POST', url, headers: { 'content-type': type }, payload });
    expect([reply.statusCode, reply.body]).toEqual([400, expect.stringMatching(/form|field|given|required|missing|Invalid|Unknown/i)]);
  });
});

it('takes words in the place of a file for none', async () => {
  const app = await injected({ engine: engineAtHome() });
  const field = (name: string, value: string) => `--x\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  for (const [url, fields] of [['/v1/files', field('file', 'words') + field('purpose', 'batch')], ['/upload', field('file', 'words')]] as const) {
    const reply = await app.inject({ method: 'POST', url, headers: { 'content-type': 'multipart/form-data; boundary=x' }, payload: `${fields}--x--\r\n` });
    expect([url, reply.statusCode]).toEqual([url, 400]);
  }
});
