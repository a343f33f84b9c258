import type { Engine } from '@llmi/engine';
import type { startServer } from '@llmi/server';
import { createColours, type Colours } from './render/colours.js';
import type { AppSettings } from './settings/resolve-settings.js';
import { llmiHome } from './settings/home.js';
import type { Input, Output, Terminal } from './terminal.js';

/** Options that every command has, and those of settings, as commander gives them. */
export interface CommonOptions {
  json?: boolean;
  verbose?: boolean;
  home?: string;
  [flag: string]: unknown;
}

/** What commands use to work. Tests put their own in place. */
export interface Services {
  openEngine(session: Session): Promise<{ engine: Engine; app: AppSettings }>;
  startServer: typeof startServer;
}

/** One run of one command: what was asked, where to write, and the engine once it is needed. */
export class Session {
  exitCode = 0;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  #opened: Promise<{ engine: Engine; app: AppSettings }> | undefined;

  constructor(
    readonly terminal: Terminal,
    readonly services: Services,
    public options: CommonOptions = {},
  ) {
    ({ stdin: this.stdin, stdout: this.stdout, stderr: this.stderr } = terminal);
  }

  get json(): boolean {
    return this.options.json === true;
  }

  get verbose(): boolean {
    return this.options.verbose === true || this.terminal.env.LLMI_LOG === 'debug';
  }

  /** A person sits there: can be asked, and sees progress. */
  get isInteractive(): boolean {
    return this.stdin.isTTY === true && this.stderr.isTTY === true && !this.json;
  }

  get home(): string {
    return llmiHome(this.terminal, this.options.home).folder;
  }

  /** Colours for a stream: on a terminal, unless NO_COLOR says otherwise (https://no-color.org). */
  colours(stream: Output = this.stdout): Colours {
    const { NO_COLOR, TERM } = this.terminal.env;
    return createColours(stream.isTTY === true && !NO_COLOR && TERM !== 'dumb');
  }

  /** A line of the result. */
  print(line = ''): void {
    this.stdout.write(`${line}\n`);
  }

  /** A line for the person beside the result: notes, progress, questions. */
  note(line = ''): void {
    this.stderr.write(`${line}\n`);
  }

  /** One JSON document on one line, for programs. */
  document(value: unknown): void {
    this.print(JSON.stringify(value));
  }

  /** The engine and the settings it was made with; opened on first use, once. */
  open(): Promise<{ engine: Engine; app: AppSettings }> {
    return (this.#opened ??= this.services.openEngine(this));
  }

  async engine(): Promise<Engine> {
    return (await this.open()).engine;
  }

  /** Ends what the session opened: with the engine, its runner processes. */
  async [Symbol.asyncDispose](): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined); // what failed to open was reported
    this.#opened = undefined;
    await opened?.engine[Symbol.asyncDispose]();
  }
}
