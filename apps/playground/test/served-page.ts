import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';

const root = resolve(import.meta.dirname, '../../..');
export const shared = process.env['LLMI_SHARED'] ?? resolve(root, '../shared');

/** A browser of the system: none is downloaded. */
export const browserPath = ['chromium', 'chromium-browser', 'google-chrome']
  .flatMap((name) => (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name)))
  .find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** A server of real models in its own process, with the page that it serves in a real browser. */
export class ServedPage implements AsyncDisposable {
  /** What a page said or asked for that it should not. */
  readonly complaints: string[] = [];

  private constructor(
    readonly url: string,
    private readonly server: ChildProcess,
    private readonly browser: Browser,
  ) {}

  /** @param models to install first; none: the demo is served */
  static async start(models: string[] = [], ...flags: string[]): Promise<ServedPage> {
    const env = { ...process.env, LLMI_HOME: await mkdtemp(join(tmpdir(), 'llmi-page-')), HF_HUB_OFFLINE: '1' };
    const command = join(root, 'apps', 'cli', 'bin', 'llmi.js');
    for (const model of models) await once(spawn(process.execPath, [command, 'install', model], { env, stdio: 'ignore' }), 'exit');
    const server = spawn(process.execPath, [command, 'serve', '--port', '0', ...flags], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const url = await new Promise<string>((found, failed) => {
      let said = '';
      for (const stream of [server.stdout, server.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          said += chunk.toString();
          const address = /serves at (http:\/\/\S+)/.exec(said)?.[1];
          if (address !== undefined) found(address);
        });
      }
      server.on('exit', () => failed(new Error(said)));
    });
    const browser = await chromium.launch({ executablePath: browserPath!, args: ['--no-sandbox'] });
    return new ServedPage(url, server, browser);
  }

  async open(size: { width: number; height: number } = { width: 1200, height: 800 }): Promise<Page> {
    const page = await this.browser.newPage({ viewport: size });
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && !message.text().includes('401') && this.complaints.push(message.text()));
    page.on('request', (request) => !request.url().startsWith(this.url) && !/^(data|blob):/.test(request.url()) && this.complaints.push(`asks for ${request.url()}`));
    await page.goto(this.url);
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
    const gone = once(this.server, 'exit');
    this.server.kill('SIGTERM');
    await gone;
  }
}
