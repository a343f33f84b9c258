import { readArguments } from '../tools/json-calls.js';
import type { ToolSpec } from '../tools/tool-format.js';
import { scanMarkers } from './marker-scanner.js';
import type { OutputPart, OutputReader } from './parts.js';

/** Tokens of the format. Source: https://cookbook.openai.com/articles/openai-harmony */
export const harmonyTokens = ['<|start|>', '<|channel|>', '<|constrain|>', '<|message|>', '<|end|>', '<|call|>', '<|return|>'] as const;
const bodyEnds = ['<|end|>', '<|call|>', '<|return|>', '<|start|>'];

/** Ends the thinking and begins the answer. */
export const harmonyAnswer = '<|end|><|start|>assistant<|channel|>final<|message|>';

/** Reads the messages of gpt-oss: a header with channel and recipient, then a body. The analysis channel is thinking, a recipient makes a call. */
export class HarmonyReader implements OutputReader {
  #held = '';
  #header = '';
  #inBody: boolean;

  /** `prefix`: what the prompt ended with of the answer's first header. */
  constructor(
    private readonly tools: readonly ToolSpec[] | undefined,
    prefix = '',
  ) {
    this.#inBody = prefix.includes('<|message|>');
    this.#header = prefix.replace('<|message|>', '');
  }

  get isReasoning(): boolean {
    return !this.#inBody || this.#kind() === 'reasoning';
  }

  push(text: string): OutputPart[] {
    this.#held += text;
    const parts: OutputPart[] = [];
    while (this.#inBody ? this.#body(parts) : this.#readHeader());
    return parts;
  }

  end(): OutputPart[] {
    const rest = this.#held;
    this.#held = '';
    if (this.#inBody) return this.#finish(rest);
    return rest.trim() === '' || rest.includes('<|') ? [] : [{ type: 'text', text: rest }]; // a model that does not keep to the format
  }

  #readHeader(): boolean {
    const at = this.#held.indexOf('<|message|>');
    if (at < 0) return false;
    this.#header += this.#held.slice(0, at);
    this.#held = this.#held.slice(at + '<|message|>'.length);
    this.#inBody = true;
    return true;
  }

  #body(parts: OutputPart[]): boolean {
    const scan = scanMarkers(this.#held, bodyEnds);
    if (scan.found === undefined) {
      if (this.#kind() === 'call') return false; // a call is told when it is whole
      if (scan.shown !== '') parts.push({ type: this.#kind() as 'text' | 'reasoning', text: scan.shown });
      this.#held = scan.held;
      return false;
    }
    parts.push(...this.#finish(scan.before));
    this.#held = scan.found === '<|start|>' ? scan.found + scan.after : scan.after;
    this.#header = '';
    this.#inBody = false;
    return true;
  }

  #finish(body: string): OutputPart[] {
    const kind = this.#kind();
    if (kind !== 'call') return body === '' ? [] : [{ type: kind, text: body }];
    const call = { name: this.#recipient()!, arguments: readArguments(body) };
    return call.arguments === undefined ? [{ type: 'text', text: body }] : [{ type: 'call', call: { name: call.name, arguments: call.arguments } }];
  }

  #recipient(): string | undefined {
    return / to=(?:functions\.)?([\w.-]+)/.exec(this.#header)?.[1];
  }

  #kind(): 'text' | 'reasoning' | 'call' {
    const recipient = this.#recipient();
    if (recipient !== undefined && this.tools?.some(({ name }) => name === recipient)) return 'call';
    return this.#header.includes('analysis') ? 'reasoning' : 'text';
  }
}
