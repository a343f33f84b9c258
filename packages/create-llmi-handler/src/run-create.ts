import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { ask, assume } from './ask.js';
import { parseFlags, UsageError, usage } from './arguments.js';
import { createPackage, CreateError } from './create-package.js';

/** Where the command runs. */
export interface Surroundings {
  input: Readable & { isTTY?: boolean };
  output: Writable & { isTTY?: boolean };
  folder: string;
  /** `npm_config_user_agent`: tells which package manager started it. */
  userAgent?: string | undefined;
}

/** The command. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 given up. */
export async function runCreate(args: string[], surroundings: Surroundings): Promise<number> {
  const { output } = surroundings;
  try {
    return await create(args, surroundings);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof CreateError || error instanceof RangeError)) throw error;
    output.write(`${error.message}\n${error instanceof UsageError ? `\n${usage}` : ''}`);
    return error instanceof CreateError ? 1 : 2;
  }
}

async function create(args: string[], { input, output, folder, userAgent = 'npm' }: Surroundings): Promise<number> {
  const { yes, help, version, ...known } = parseFlags(args);
  if (help || version) {
    output.write(help ? usage : `${await ownVersion()}\n`);
    return 0;
  }
  const interactive = !yes && input.isTTY === true && output.isTTY === true;
  const choices = interactive ? await ask(known, { input, output }) : assume(known);
  if (!choices) return 130;
  const files = await createPackage(choices, folder);
  output.write(`\nMade ${choices.directory}/ with ${files.length} files.\n`);
  const manager = userAgent.split('/')[0]!;
  const installed = choices.install && (await install(manager, join(folder, choices.directory), output));
  output.write(nextSteps(choices.directory, manager, installed));
  return choices.install && !installed ? 1 : 0;
}

async function ownVersion(): Promise<string> {
  const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  return version;
}

/** True when the package manager installed everything. What it says is shown. */
function install(manager: string, cwd: string, output: Writable): Promise<boolean> {
  output.write(`\n${manager} install\n`);
  return new Promise((resolve) => {
    const child = spawn(manager, ['install'], { cwd, stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' });
    child.stdout.on('data', (data: Buffer) => output.write(data));
    child.stderr.on('data', (data: Buffer) => output.write(data));
    child.once('error', () => resolve(false));
    child.once('close', (code) => resolve(code === 0));
  });
}

function nextSteps(directory: string, manager: string, installed: boolean): string {
  const steps = [`cd ${directory}`, ...(installed ? [] : [`${manager} install`]), `${manager} test        builds it, and holds it to the contract`, 'npx llmi handlers   it is there'];
  return `\nNext:\n\n${steps.map((step) => `  ${step}\n`).join('')}\nREADME.md says what to make your own.\n`;
}
