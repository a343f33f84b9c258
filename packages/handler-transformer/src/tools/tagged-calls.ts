import type { WrittenCall } from '../output/parts.js';
import { parse } from './json-calls.js';
import type { ToolSpec } from './tool-format.js';

/** Calls whose arguments stand in tags of their own. */
interface TagPattern {
  /** A call: its name, and what holds its arguments. */
  call: RegExp;
  /** An argument: its name and its value. */
  argument: RegExp;
}

/** Qwen3-Coder, Seed-OSS, Nemotron 3: `<function=name><parameter=key>value</parameter></function>`. */
export const functionTags: TagPattern = { call: /<function=([^>]+)>([\s\S]*?)(?:<\/function>|$)/g, argument: /<parameter=([^>]+)>([\s\S]*?)(?:<\/parameter>|(?=<parameter=)|$)/g };
/** GLM 4.5: `name <arg_key>key</arg_key><arg_value>value</arg_value>`. */
export const argumentTags: TagPattern = { call: /^\s*([\w.-]+)\s*([\s\S]*)$/g, argument: /<arg_key>([\s\S]*?)<\/arg_key>\s*<arg_value>([\s\S]*?)<\/arg_value>/g };
/** MiniMax M2: `<invoke name="name"><parameter name="key">value</parameter></invoke>`. */
export const invokeTags: TagPattern = { call: /<invoke name="([^"]+)">([\s\S]*?)(?:<\/invoke>|$)/g, argument: /<parameter name="([^"]+)">([\s\S]*?)<\/parameter>/g };

/** Values are JSON where the tool wants something else than text, and text otherwise. Undefined when a tool is not known. */
export function taggedCalls(block: string, { call, argument }: TagPattern, tools: readonly ToolSpec[]): WrittenCall[] | undefined {
  const found = [...block.matchAll(call)].map(([, name = '', body = '']) => {
    const tool = tools.find((candidate) => candidate.name === name.trim());
    if (!tool) return undefined;
    const properties = (tool.parameters.properties ?? {}) as Record<string, { type?: unknown } | undefined>;
    const args = [...body.matchAll(argument)].map(([, key = '', value = '']) => [key.trim(), typed(value.replace(/^\n|\n$/g, ''), properties[key.trim()]?.type)]);
    return { name: tool.name, arguments: JSON.stringify(Object.fromEntries(args)) };
  });
  return found.every((one) => one !== undefined) ? found : undefined;
}

function typed(value: string, type: unknown): unknown {
  const types = Array.isArray(type) ? (type as unknown[]) : [type];
  if (types.includes('string') && !types.includes('null')) return value;
  const parsed = parse(value.trim().replace(/^True$/, 'true').replace(/^False$/, 'false').replace(/^None$/, 'null'));
  return parsed === undefined ? value : parsed;
}

/**
 * Gemma's calls: `call:name{key:<escape>text<escape>,other:1}`. Values are as in JSON but for text, which stands between marks.
 */
export function gemmaCalls(block: string, mark: string, tools: readonly ToolSpec[]): WrittenCall[] | undefined {
  const found = [...block.matchAll(/call:([\w.-]+)\s*(\{[\s\S]*?\})\s*(?=call:|$)/g)].map(([, name = '', body = '']) => {
    if (!tools.some((tool) => tool.name === name)) return undefined;
    // Text between marks becomes JSON text, then the bare keys around it get their quotes.
    const pieces = body.split(mark).map((piece, index) => (index % 2 === 1 ? JSON.stringify(piece) : piece.replace(/([{,]\s*)([A-Za-z_][\w-]*)\s*:/g, '$1"$2":')));
    const value = parse(pieces.join(''));
    return value === undefined ? undefined : { name, arguments: JSON.stringify(value) };
  });
  return found.length > 0 && found.every((one) => one !== undefined) ? found : undefined;
}
