import { onTestFinished } from 'vitest';
import { startServer, type RunningServer, type ServerOptions } from '../src/index.js';
import { buildServer } from '../src/server.js';
import { fakeEngine, type FakeEngine } from './fake-engine.js';

type Given = Partial<ServerOptions> & { engine?: FakeEngine };

/** A server for `inject()`, closed when the test ends. */
export async function injected(options: Given = {}) {
  const app = await buildServer({ engine: fakeEngine(), version: '1.0.0', drainMs: 50, ...options });
  onTestFinished(() => app.close());
  return app;
}

/** A server on a free port of the loopback address. */
export async function listening(options: Given = {}): Promise<RunningServer & { engine: FakeEngine }> {
  const engine = options.engine ?? fakeEngine();
  const server = await startServer({ engine, version: '1.0.0', port: 0, drainMs: 50, ...options });
  onTestFinished(() => server.close());
  return { ...server, engine };
}

export function postJson(url: string, body: unknown, init: RequestInit = {}): Promise<Response> {
  return fetch(url, { method: 'POST', body: JSON.stringify(body), ...init, headers: { 'content-type': 'application/json', ...init.headers } });
}

/** The objects of a finished stream of server-sent events. */
export function eventsOf(text: string): Record<string, unknown>[] {
  return text
    .split('\n\n')
    .filter((frame) => frame.startsWith('data: {'))
    .map((frame) => JSON.parse(frame.slice(6)) as Record<string, unknown>);
}

/** Waits until something is so; the time limit of the test ends it. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}
