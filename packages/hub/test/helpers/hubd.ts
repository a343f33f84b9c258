import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const program = join(process.env['LLMI_SHARED'] ?? resolve(import.meta.dirname, '../../../../../shared'), 'hub', 'hubd.py');

/** The independent stand-in of the hub, where this machine has it. */
export const hubdIsHere = existsSync(program) && spawnSync('python3', ['--version']).status === 0;

export interface HubdRequest {
  server: 'hub' | 'cdn';
  path: string;
  file: string | null;
  status: number;
  range: string | null;
  authorization: boolean;
  sent: number; // body bytes
  time: number; // seconds since 1970
  seconds: number | null;
}

/** A running hubd.py with repositories in a folder of its own. */
export class Hubd implements AsyncDisposable {
  private constructor(
    readonly url: string,
    readonly root: string,
    private readonly server: ChildProcess,
  ) {}

  static async start(...options: string[]): Promise<Hubd> {
    const root = await mkdtemp(join(tmpdir(), 'llmi-hubd-'));
    const server = spawn('python3', [program, '--root', root, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
    const url = await new Promise<string>((found, failed) => {
      server.once('exit', (code) => failed(new Error(`hubd.py ended with ${code}`)));
      server.stdout.on('data', (text: Buffer) => {
        const match = /listening (\S+)/.exec(text.toString());
        if (match) found(match[1]!);
      });
    });
    return new Hubd(url, root, server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.server.once('exit', resolve));
    this.server.kill('SIGKILL');
    await ended;
    await rm(this.root, { recursive: true, force: true });
  }

  /** Puts files into a repository, `.hub.json` among them. */
  async put(id: string, files: Record<string, Buffer | string>): Promise<void> {
    for (const [path, content] of Object.entries(files)) {
      const place = join(this.root, id, path);
      await mkdir(dirname(place), { recursive: true });
      await writeFile(place, content);
    }
  }

  /** The faults from now on, in place of those before; an empty log. */
  async faults(...rules: object[]): Promise<void> {
    await fetch(`${this.url}/__hub/reset`, { method: 'POST' });
    await fetch(`${this.url}/__hub/faults`, { method: 'POST', body: JSON.stringify(rules) });
  }

  async requests(): Promise<HubdRequest[]> {
    return ((await (await fetch(`${this.url}/__hub/requests`)).json()) as { requests: HubdRequest[] }).requests;
  }

  /** Requests for content, not for listings. */
  async contentRequests(file?: string): Promise<HubdRequest[]> {
    return (await this.requests()).filter((request) => request.file !== null && request.status < 300 && (file === undefined || request.file === file));
  }
}

/** The bytes [from, to) that a request has been sent. */
export function sentRange({ range, sent }: HubdRequest): { from: number; to: number } {
  const from = Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);
  return { from, to: from + sent };
}

/** Bytes that are nowhere the same, so that a part in the wrong place is noticed. */
export function randomBytes(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length + 4);
  for (let at = 0, value = seed; at < length; at += 4) bytes.writeUInt32LE((value = (value * 1_664_525 + 1_013_904_223) >>> 0), at);
  return bytes.subarray(0, length);
}
