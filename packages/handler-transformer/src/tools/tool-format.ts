import type { GrammarBuilder } from '@llmi/grammar';
import type { WrittenCall } from '../output/parts.js';

/** A function that the model may call. */
export interface ToolSpec {
  name: string;
  /** JSON schema of its arguments. */
  parameters: Record<string, unknown>;
}

/** How a family of models writes calls. */
export interface ToolFormat {
  name: string;
  /** Recognizes the templates of the family. */
  fits(template: string): boolean;
  /** Texts that begin a block of calls. */
  opens: readonly string[];
  /** Texts that end it; none when only the end of the answer does. */
  closes: readonly string[];
  /** Texts around the answer that are not part of it. */
  noise?: readonly string[];
  /** The end of the prompt that belongs to the first block. */
  promptEnd?: string;
  /** Whether an answer that begins like this may be a call with nothing around it: yes, no, or not clear yet. */
  startsBare?(start: string): boolean | undefined;
  /** The calls of a block; undefined when it holds none, or one of a tool that there is not. */
  read(block: string, tools: readonly ToolSpec[]): WrittenCall[] | undefined;
  /** GBNF for one call, and what stands before, between and after several. `args` is the rule of its arguments as JSON. */
  write(tool: ToolSpec, args: string, builder: GrammarBuilder): string;
  before?: string;
  between?: string;
  after?: string;
  /** Ids that the family's templates accept. */
  idStyle?: 'nine';
}
