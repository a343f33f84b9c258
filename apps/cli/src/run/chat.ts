import { createInterface, type Interface } from 'node:readline';
import { generateRequestSchema, LlmiError, nearest, toWire, type GenerateRequest, type Message } from '@llmi/core';
import type { Engine } from '@llmi/engine';
import { asLlmiError } from '../render/error.js';
import type { Session } from '../session.js';
import { streamAnswer } from './answer.js';
import { readFieldValue } from './field-value.js';
import { requestFields } from './request-fields.js';
import { parseRequest } from './request-flags.js';

const help = `/system TEXT      set the system prompt (without TEXT: none)
/set FIELD VALUE  set a request field, such as temperature 0.2 (without VALUE: unset)
/clear            forget the conversation
/help             show this
/exit             leave (as Ctrl-D does)
"""               begin and end a message of several lines
Ctrl-C            stop the answer; twice at the prompt: leave`;

const firstPrompt = '>>> ';
const morePrompt = '... ';

/** A conversation in the terminal: the history lives in memory, and goes along with every message. */
export async function chat(session: Session, engine: Engine, model: string, defaults: GenerateRequest): Promise<void> {
  const { capabilities } = await engine.describe(model);
  if (!capabilities.outputModalities.includes('text')) {
    throw new LlmiError('USAGE', { message: `${model} is no model to chat with: it gives ${capabilities.outputModalities.join(', ')}.`, hint: `Give it input: llmi run ${model} "some text"` });
  }
  session.note(`${model}: /help shows the commands, Ctrl-D leaves.`);
  const lines = createInterface({ input: session.stdin, output: session.stdout, terminal: true, prompt: firstPrompt });
  try {
    await new Chat(session, engine, model, defaults, lines).talk();
  } finally {
    lines.close();
  }
}

class Chat {
  #messages: Message[] = [];
  /** The lines of a message in """, while it is open. */
  #open: string[] | undefined;
  #answering: AbortController | undefined;
  #mayLeave = false; // Ctrl-C was pressed once at the prompt

  constructor(
    readonly session: Session,
    readonly engine: Engine,
    readonly model: string,
    public defaults: GenerateRequest,
    readonly lines: Interface,
  ) {
    lines.on('SIGINT', () => this.#interrupt());
  }

  async talk(): Promise<void> {
    this.lines.prompt();
    for await (const line of this.lines) {
      this.#mayLeave = false;
      const message = this.#gather(line);
      if (message !== undefined && message.trim() !== '') {
        if (message.trim() === '/exit' || message.trim() === '/bye') return;
        await this.#handle(message.trim()).catch((error: unknown) => this.#tell(error));
      }
      this.lines.setPrompt(this.#open ? morePrompt : firstPrompt);
      this.lines.prompt();
    }
    this.session.note();
  }

  /** A whole message, or undefined while one of several lines is open. */
  #gather(line: string): string | undefined {
    const quotes = '"""';
    if (!this.#open) {
      if (!line.startsWith(quotes)) return line;
      const rest = line.slice(quotes.length);
      if (rest.endsWith(quotes)) return rest.slice(0, -quotes.length);
      this.#open = rest === '' ? [] : [rest];
      return undefined;
    }
    if (!line.endsWith(quotes)) {
      this.#open.push(line);
      return undefined;
    }
    const message = [...this.#open, line.slice(0, -quotes.length)].join('\n').replace(/\n$/, '');
    this.#open = undefined;
    return message;
  }

  async #handle(message: string): Promise<void> {
    const [, command, rest = ''] = /^(\/[a-z]+)(?:\s+([\s\S]*))?$/.exec(message) ?? [];
    switch (command) {
      case undefined:
        return this.#ask(message);
      case '/help':
      case '/?':
        return this.session.note(help);
      case '/clear':
        this.#messages = [];
        return this.session.note('The conversation is forgotten.');
      case '/system':
        this.defaults = { ...this.defaults, system: rest === '' ? undefined : rest };
        return this.session.note(rest === '' ? 'No system prompt.' : 'The system prompt is set.');
      case '/set':
        return this.#set(rest);
      default:
        throw new LlmiError('USAGE', { message: `There is no command ${command}.`, hint: '/help shows the commands.' });
    }
  }

  async #ask(content: string): Promise<void> {
    const messages: Message[] = [...this.#messages, { role: 'user', content }];
    const answering = (this.#answering = new AbortController());
    try {
      const { result } = await streamAnswer(this.engine, this.model, { ...this.defaults, messages }, this.session, { signal: answering.signal });
      const text = 'text' in result ? result.text : '';
      this.#messages = [...messages, { role: 'assistant', content: text }];
    } catch (error) {
      if (!answering.signal.aborted) throw error;
      this.session.note('(stopped; this message is not part of the conversation)');
    } finally {
      this.#answering = undefined;
    }
  }

  async #set(text: string): Promise<void> {
    const [, name = '', value] = /^(\S*)\s*([\s\S]+)?$/.exec(text) ?? [];
    const wireName = name.replace(/^--/, '').replaceAll('-', '_');
    const field = requestFields().find((candidate) => candidate.wireName === wireName);
    if (!field) {
      const near = nearest(wireName, requestFields().map((known) => known.wireName));
      throw new LlmiError('USAGE', { message: `A request has no field "${name}".`, hint: near ? `Did you mean "${near}"?` : '"llmi help run" lists them, as flags.' });
    }
    const { [wireName]: _earlier, ...others } = toWire(generateRequestSchema, this.defaults) as Record<string, unknown>;
    const given = value === undefined ? undefined : await readFieldValue(field, field.isList ? [value] : value, this.session.terminal.cwd);
    this.defaults = parseRequest(given === undefined ? others : { ...others, [wireName]: given }, (known) => known);
    this.session.note(given === undefined ? `${wireName} is unset.` : `${wireName} is ${JSON.stringify(given)}.`);
  }

  #interrupt(): void {
    if (this.#answering) {
      this.#answering.abort(new LlmiError('CANCELLED', { message: 'Stopped.' }));
    } else if (this.#mayLeave) {
      this.lines.close();
    } else {
      this.#open = undefined;
      this.#mayLeave = true;
      this.session.note('\n(Ctrl-C again or Ctrl-D leaves)');
      this.lines.setPrompt(firstPrompt);
      this.lines.prompt();
    }
  }

  /** What goes wrong costs the message, not the conversation. */
  #tell(cause: unknown): void {
    const { message, hint } = asLlmiError(cause);
    this.session.note(`${this.session.colours(this.session.stderr).red('error:')} ${message}${hint ? `\n  ${hint}` : ''}`);
  }
}
