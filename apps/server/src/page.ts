import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';

const folder = new URL('../page/', import.meta.url);

/** The page at `/`: one document that asks for nothing but this server's own API. */
export async function pageRoute(app: FastifyInstance): Promise<void> {
  const [page, style, script] = await Promise.all(['index.html', 'style.css', 'page.js'].map((name) => readFile(new URL(name, folder), 'utf8')));
  const html = page!.replace('/* style.css */', () => style!).replace('/* page.js */', () => script!);
  const policy = [
    "default-src 'none'",
    `style-src ${hash(style!)}`,
    `script-src ${hash(script!)}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  app.get(
    '/',
    { config: { isPage: true, doc: { tag: 'server', summary: 'A page to try the models in.', reply: { contentType: 'text/html', description: 'The page.' }, errors: [] } } },
    async (_request, reply) => reply.header('content-security-policy', policy).type('text/html; charset=utf-8').send(html),
  );
}

/** How a policy names the one inline script or style that it allows. */
function hash(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
