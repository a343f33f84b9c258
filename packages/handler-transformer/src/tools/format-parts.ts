import { literal } from '@llmi/grammar';
import type { WrittenCall } from '../output/parts.js';
import { jsonCalls, readArguments } from './json-calls.js';
import { pythonCalls } from './python-calls.js';
import type { ToolFormat, ToolSpec } from './tool-format.js';

/** A call as a JSON object with these keys. */
export const json = (nameKey: string, argumentsKey: string) => (tool: ToolSpec, args: string) => `${literal(`{"${nameKey}": ${JSON.stringify(tool.name)}, "${argumentsKey}": `)} ${args} "}"`;
/** A call between two tags. */
export const enclosed = (open: string, close: string, write: ToolFormat['write']): ToolFormat['write'] => (tool, args, builder) => `${literal(open)} ${write(tool, args, builder)} ${literal(close)}`;

/** A name and its arguments with something between them: `separator` takes the name, what stands between, and the arguments. */
export function named(block: string, separator: RegExp, tools: readonly ToolSpec[]): WrittenCall[] | undefined {
  const [, name = '', , rest = ''] = separator.exec(block) ?? [];
  const args = readArguments(rest);
  return args !== undefined && tools.some((tool) => tool.name === name.trim()) ? [{ name: name.trim(), arguments: args }] : undefined;
}

/** Families that put a list of calls between two tags, as JSON or in the syntax of Python. */
export function listFormat(name: string, words: RegExp, open: string, close: string | undefined): ToolFormat {
  return {
    name,
    fits: (template) => words.test(template),
    opens: [open],
    closes: close === undefined ? [] : [close],
    read: (block, tools) => jsonCalls(block.trim(), tools) ?? pythonCalls(block.trim(), tools),
    before: literal(`${open}[`),
    write: json('name', 'arguments'),
    between: literal(', '),
    after: literal(`]${close ?? ''}`),
  };
}

/** JSON without the fence that models like to put around it. */
export function withoutFence(text: string): string {
  return text.trim().replace(/^```(?:json)?\s*([\s\S]*?)\s*```$/, '$1');
}
