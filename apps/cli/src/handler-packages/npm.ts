import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LlmiError } from '@llmi/core';
import type { Session } from '../session.js';

/** What the registry says of one version of a package, as far as it counts here. */
export interface PublishedPackage {
  name: string;
  version: string;
  description?: string;
  license?: string;
  maintainers?: (string | { name?: string })[];
  scripts?: Record<string, string>;
  dependencies?: Record<string, string>;
  llmi?: unknown;
  dist?: { unpackedSize?: number; attestations?: { url?: string } };
  repository?: string | { url?: string };
}

/** Folder of the handlers that a person added, laid out by npm. */
export const handlersFolder = (home: string) => join(home, 'handlers');

/** The newest version that fits, or the one that is named. @throws {LlmiError} HANDLER_NOT_FOUND, HUB_UNREACHABLE */
export async function lookUp(session: Session, asked: string): Promise<PublishedPackage> {
  const { code, out, err } = await npm(session, ['view', asked, '--json']);
  if (code === 0 && out.trim() !== '') {
    const found = JSON.parse(out) as PublishedPackage | PublishedPackage[];
    return Array.isArray(found) ? found.at(-1)! : found;
  }
  if (/E404|ETARGET|is not in (this|the npm) registry/.test(out + err) || code === 0) {
    throw new LlmiError('HANDLER_NOT_FOUND', { message: `The registry has no package ${asked}.`, hint: 'Check the name: https://www.npmjs.com/search?q=keywords:llmi-handler' });
  }
  throw new LlmiError('HUB_UNREACHABLE', { message: `The registry of npm does not answer: ${firstLine(err)}`, hint: 'Check the network, and "npm config get registry".' });
}

/** Installs, updates or removes in the folder of the handlers. Install scripts run only where that is allowed. */
export async function changeHandlers(session: Session, args: readonly string[], { allowScripts = false } = {}): Promise<void> {
  const folder = handlersFolder(session.home);
  await mkdir(folder, { recursive: true });
  const manifest = join(folder, 'package.json');
  if (!existsSync(manifest)) await writeFile(manifest, '{"private": true, "description": "Handlers added by llmi handlers add."}\n');
  const flags = ['--prefix', folder, '--no-audit', '--no-fund', '--loglevel', 'error', ...(allowScripts ? [] : ['--ignore-scripts'])];
  const { code, err } = await npm(session, [...args, ...flags]);
  if (code !== 0) throw new LlmiError('DEPENDENCY_MISSING', { message: `npm failed: ${firstLine(err)}`, hint: 'Nothing else was changed. "npm" itself says more, with --loglevel verbose.' });
}

async function npm(session: Session, args: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
  const isWindows = session.terminal.platform === 'win32';
  const child = spawn(isWindows ? 'npm.cmd' : 'npm', args, { cwd: session.terminal.cwd, env: session.terminal.env as NodeJS.ProcessEnv, shell: isWindows, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  return new Promise((resolve, reject) => {
    child.on('error', (cause) => reject(new LlmiError('DEPENDENCY_MISSING', { message: 'There is no npm to install packages with.', hint: 'It comes with Node.js: https://nodejs.org', cause })));
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

const firstLine = (text: string) => text.split('\n').map((line) => line.replace(/^npm (error|ERR!)\s*(code \S+)?/, '').trim()).find((line) => line !== '') ?? 'it gave no reason';
