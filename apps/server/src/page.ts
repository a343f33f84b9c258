import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { LlmiError } from '@llmi/core';
import { playgroundFolder } from '@llmi/playground';
import type { FastifyInstance } from 'fastify';

/** The page asks for nothing but this server's own files and API; what it shows and plays it got as data. */
const policy = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "connect-src 'self'",
  'img-src data: blob:',
  'media-src data: blob:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const types: Record<string, string> = { '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8' };

/** The page at `/` and the files that it is made of, whose names change with their content. */
export async function pageRoute(app: FastifyInstance): Promise<void> {
  const html = await readFile(new URL('index.html', playgroundFolder), 'utf8');
  const names = (await readdir(new URL('assets/', playgroundFolder))).filter((name) => extname(name) in types);
  const assets = new Map(await Promise.all(names.map(async (name) => [name, await readFile(new URL(`assets/${name}`, playgroundFolder))] as const)));
  app.get(
    '/',
    { config: { isPage: true, doc: { tag: 'server', summary: 'A page to try the models in.', reply: { contentType: 'text/html', description: 'The page.' }, errors: [] } } },
    async (_request, reply) => reply.header('content-security-policy', policy).header('cache-control', 'no-cache').type('text/html; charset=utf-8').send(html),
  );
  app.get<{ Params: { file: string } }>(
    '/assets/:file',
    { config: { isProbe: true, doc: { tag: 'server', path: '/assets/{file}', summary: 'A file of the page.', reply: { contentType: 'text/javascript', description: 'A script or a style.' }, errors: [404] } } },
    async ({ params: { file } }, reply) => {
      const content = assets.get(file);
      if (!content) throw new LlmiError('NOT_FOUND', { message: 'The page has no such file.', hint: 'Load the page again.' });
      return reply.header('cache-control', 'public, max-age=31536000, immutable').type(types[extname(file)]!).send(content);
    },
  );
}
