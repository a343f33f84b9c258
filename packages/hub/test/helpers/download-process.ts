import { spawn, type ChildProcess } from 'node:child_process';
import type { ModelInfo } from '@llmi/core';
import type { DownloadOptions, DownloadProgress, HubSettings } from '../../src/index.js';
import type { CompiledSource } from './compiled-source.js';

/** Reads [info, settings, options] from its first argument; writes each progress event as a line, then `{"folder": ...}` or `{"code": ...}`. */
const script = `
const { download } = await import(process.argv[1]);
const [info, settings, options] = JSON.parse(process.argv[2]);
const tell = (value) => process.stdout.write(JSON.stringify(value) + '\\n');
try {
  tell({ folder: await download(info, settings, { ...options, onProgress: tell }), rssBytes: process.resourceUsage().maxRSS * 1024 });
} catch (error) {
  tell({ code: error.code, message: error.message });
}`;

export interface DownloadEnd {
  folder?: string;
  rssBytes?: number;
  code?: string;
  message?: string;
}

/** download() in a process of its own, which can be killed. */
export class DownloadProcess {
  /** What it said last; undefined when it was killed before. */
  readonly ended: Promise<DownloadEnd | undefined>;
  readonly child: ChildProcess;
  #onProgress: (event: DownloadProgress) => void = () => undefined;

  constructor(source: CompiledSource, info: ModelInfo, settings: HubSettings, options: DownloadOptions = {}, env: NodeJS.ProcessEnv = {}) {
    const args = ['--input-type=module', '-e', script, source.module('index'), JSON.stringify([info, settings, options])];
    this.child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });
    let [rest, end] = ['', undefined as DownloadEnd | undefined];
    this.child.stdout!.on('data', (text: Buffer) => {
      const lines = (rest + text.toString()).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        const value = JSON.parse(line) as DownloadProgress & DownloadEnd;
        if (value.folder !== undefined || value.code !== undefined) end = value;
        else this.#onProgress(value);
      }
    });
    this.ended = new Promise((resolve) => this.child.once('close', () => resolve(end)));
  }

  /** Resolves when more than `bytes` are there, or when the process has ended. */
  async reaches(bytes: number): Promise<void> {
    await Promise.race([new Promise<void>((resolve) => (this.#onProgress = (event) => event.bytes > bytes && resolve())), this.ended]);
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}
