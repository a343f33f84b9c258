import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '@llmi/engine';
import { runCli } from '../../src/cli.js';
import { sessionSettings } from '../../src/open-settings.js';
import type { Services } from '../../src/session.js';
import { fakeEngine } from './fake-engine.js';
import { fakeTerminal, type FakeTerminal } from './fake-terminal.js';

interface Options extends Omit<Partial<Parameters<typeof fakeTerminal>[0]>, 'homeDirectory'> {
  engine?: Engine;
  startServer?: Services['startServer'];
  /** Called with the terminal once the command is under way. */
  meanwhile?: (terminal: FakeTerminal) => void;
}

/** Runs a command line over an engine of the test's own, in an empty folder that is home and working directory. */
export async function runFake(argv: string[], { engine = fakeEngine(), startServer, meanwhile, ...options }: Options = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'llmi-cli-'));
  const terminal = fakeTerminal({ cwd: folder, ...options, homeDirectory: folder });
  const services: Services = {
    openEngine: async (session) => ({ engine, app: sessionSettings(session).app }),
    startServer: startServer ?? (() => Promise.reject(new Error('not used in this test'))),
  };
  const running = runCli(argv, terminal, services);
  meanwhile?.(terminal);
  const exitCode = await running;
  return { exitCode, out: terminal.out(), err: terminal.err(), folder, terminal, engine };
}

/** Every JSON document that was printed, one a line. */
export const documents = (out: string): Record<string, unknown>[] => out.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
