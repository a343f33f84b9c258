import type { ToolFormat, ToolSpec } from '../tools/tool-format.js';
import { scanMarkers } from './marker-scanner.js';
import type { OutputPart, OutputReader, WrittenCall } from './parts.js';
import type { ReasoningFormat } from './reasoning-formats.js';

export interface TaggedOptions {
  reasoning?: ReasoningFormat;
  /** How the model writes calls; only with tools. */
  tools?: { format: ToolFormat; specs: readonly ToolSpec[] };
  /** The prompt ended inside the thinking. */
  startsReasoning?: boolean;
  /** What the prompt ended with that belongs to the answer's form. */
  prefix?: string;
}

type State = 'text' | 'reasoning' | 'call' | 'bare';

/** Reads answers whose parts stand between tags: `<think>...</think>`, `<tool_call>...</tool_call>` and their like. */
export class TaggedReader implements OutputReader {
  #state: State;
  #held: string;
  /** White space that is part of the text only if no tag follows. */
  #space = '';
  /** White space after a tag is not part of the text. */
  #trimsStart: boolean;
  /** Nothing was told since the last tag. */
  #isFresh = true;
  #opened = '';
  readonly #textMarkers: readonly string[];

  constructor(private readonly options: TaggedOptions) {
    const { reasoning, tools, startsReasoning = false, prefix = '' } = options;
    this.#state = startsReasoning ? 'reasoning' : 'text';
    this.#held = prefix;
    this.#trimsStart = startsReasoning;
    this.#textMarkers = [...(reasoning ? [reasoning.open, reasoning.close] : []), ...(reasoning?.noise ?? []), ...(tools?.format.opens ?? []), ...(tools?.format.noise ?? [])];
  }

  get isReasoning(): boolean {
    return this.#state === 'reasoning';
  }

  push(text: string): OutputPart[] {
    this.#held += text;
    const parts: OutputPart[] = [];
    while (this.#step(parts));
    return parts;
  }

  end(): OutputPart[] {
    const rest = this.#held;
    this.#held = '';
    const { tools } = this.options;
    if (this.#state === 'call' || this.#state === 'bare') {
      const calls = tools?.format.read(rest, tools.specs);
      if (calls && calls.length > 0) return calls.map(toPart);
      return this.#last(this.#opened + rest);
    }
    return this.#state === 'reasoning' ? this.#tell('reasoning', rest) : this.#last(rest);
  }

  /** Takes what is clear from the held text. False when more must come first. */
  #step(parts: OutputPart[]): boolean {
    switch (this.#state) {
      case 'text':
        return this.#inText(parts);
      case 'reasoning':
        return this.#inReasoning(parts);
      case 'call':
        return this.#inCall(parts);
      case 'bare':
        return this.#inBare(parts);
    }
  }

  #inText(parts: OutputPart[]): boolean {
    const { reasoning, tools } = this.options;
    if (this.#isFresh && tools?.format.startsBare) {
      const start = this.#held.trimStart();
      const verdict = start === '' ? undefined : tools.format.startsBare(start);
      if (verdict !== false && !this.#textMarkers.some((marker) => marker.startsWith(start.slice(0, marker.length)))) {
        if (verdict === undefined) return false;
        this.#state = 'bare';
        return true;
      }
    }
    const scan = scanMarkers(this.#held, this.#textMarkers);
    if (scan.found === undefined) {
      parts.push(...this.#tell('text', scan.shown));
      this.#held = scan.held;
      return false;
    }
    parts.push(...this.#tell('text', scan.before));
    this.#held = scan.after;
    if (scan.found === reasoning?.open) this.#enter('reasoning');
    else if (tools?.format.opens.includes(scan.found)) this.#enter('call', scan.found);
    return true; // noise is left out: so is a closing tag whose thinking was never opened
  }

  #inReasoning(parts: OutputPart[]): boolean {
    const { reasoning, tools } = this.options;
    const opens = tools?.format.opens ?? [];
    const scan = scanMarkers(this.#held, [reasoning!.close, ...opens]);
    if (scan.found === undefined) {
      parts.push(...this.#tell('reasoning', scan.shown));
      this.#held = scan.held;
      return false;
    }
    parts.push(...this.#tell('reasoning', scan.before));
    this.#held = scan.after;
    if (scan.found === reasoning!.close) this.#enter('text');
    else this.#enter('call', scan.found); // a call ends the thinking, whether or not it was closed
    return true;
  }

  #inCall(parts: OutputPart[]): boolean {
    const { format, specs } = this.options.tools!;
    const scan = scanMarkers(this.#held, format.closes);
    if (scan.found === undefined) return false;
    const calls = format.read(scan.before, specs);
    if (calls && calls.length > 0) {
      parts.push(...calls.map(toPart));
      this.#held = format.opens.includes(scan.found) ? scan.found + scan.after : scan.after; // what opens a block may close the one before it
      this.#enter('text');
    } else {
      this.#state = 'text';
      parts.push(...this.#tell('text', `${this.#opened}${scan.before}${scan.found}`));
      this.#held = scan.after;
    }
    return true;
  }

  /** The whole answer may be a call: it is held back until it is clear that it is not. */
  #inBare(parts: OutputPart[]): boolean {
    const { format } = this.options.tools!;
    if (format.startsBare!(this.#held.trimStart()) !== false) return false;
    parts.push(...this.#tell('text', this.#held));
    this.#held = '';
    this.#state = 'text';
    return false;
  }

  #enter(state: State, opened = ''): void {
    this.#state = state;
    this.#opened = opened;
    this.#space = '';
    this.#trimsStart = true;
    this.#isFresh = true;
  }

  /** The end of the text, where no tag follows. */
  #last(text: string): OutputPart[] {
    const parts = this.#tell('text', text);
    const space = this.#space;
    this.#space = '';
    return space === '' ? parts : [...parts, { type: 'text', text: space }];
  }

  /** Text without the white space that surrounds tags: what comes at its end waits for what follows. */
  #tell(type: 'text' | 'reasoning', text: string): OutputPart[] {
    const all = this.#trimsStart ? text.trimStart() : this.#space + text;
    const shown = all.trimEnd();
    if (shown === '') {
      this.#space = this.#trimsStart ? '' : all;
      return [];
    }
    this.#space = all.slice(shown.length);
    this.#trimsStart = false;
    this.#isFresh = false;
    return [{ type, text: shown }];
  }
}

function toPart(call: WrittenCall): OutputPart {
  return { type: 'call', call };
}
