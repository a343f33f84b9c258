import type { WrittenCall } from '../output/parts.js';
import type { ToolSpec } from './tool-format.js';

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** JSON text of an object of arguments: as it stands, or inside a JSON string; undefined where it is none. */
export function readArguments(text: string): string | undefined {
  const value = parse(text.trim() === '' ? '{}' : text);
  const inner = typeof value === 'string' ? parse(value) : value;
  return isObject(inner) ? JSON.stringify(inner) : undefined;
}

export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The calls in a text of JSON: an object, a list, or several one after the other. Undefined when anything in it is no call of a tool. */
export function jsonCalls(text: string, tools: readonly ToolSpec[]): WrittenCall[] | undefined {
  const whole = parse(text);
  const values = whole === undefined ? documents(text) : Array.isArray(whole) ? whole : [whole];
  if (!values || values.length === 0) return undefined;
  const calls = values.map((value) => jsonCall(value, tools));
  return calls.every((call) => call !== undefined) ? calls : undefined;
}

/** A call in any of the shapes that models write: {name, arguments}, {name, parameters}, {tool_name, parameters}, {function: {...}}. */
function jsonCall(value: unknown, tools: readonly ToolSpec[]): WrittenCall | undefined {
  if (!isObject(value)) return undefined;
  const inner = isObject(value.function) ? value.function : value;
  const name = inner.name ?? inner.tool_name ?? (typeof value.function === 'string' ? value.function : undefined);
  if (typeof name !== 'string' || !tools.some((tool) => tool.name === name)) return undefined;
  const given = inner.arguments ?? inner.parameters ?? inner.args ?? {};
  const args = typeof given === 'string' ? readArguments(given) : isObject(given) ? JSON.stringify(given) : undefined;
  if (args === undefined) return undefined;
  const id = [value.id, value.tool_call_id].find((candidate) => typeof candidate === 'string');
  return { name, arguments: args, ...(typeof id === 'string' && id !== '' ? { id } : {}) };
}

/** JSON objects one after the other, with white space, commas or semicolons between them. */
function documents(text: string): unknown[] | undefined {
  const found: unknown[] = [];
  let rest = text.trim();
  while (rest !== '') {
    const end = objectEnd(rest);
    const value = end === undefined ? undefined : parse(rest.slice(0, end));
    if (value === undefined) return undefined;
    found.push(value);
    rest = rest.slice(end).replace(/^[\s,;]+/, '');
  }
  return found;
}

/** Where the object ends that a text begins with; undefined when it does not, or begins with none. */
export function objectEnd(text: string): number | undefined {
  if (!text.startsWith('{')) return undefined;
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === '\\') at++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{') depth++;
    else if (character === '}' && --depth === 0) return at + 1;
  }
  return undefined;
}

const callKeys = ['name', 'tool_name', 'function', 'type', 'id', 'arguments', 'parameters'];

/** Whether a text that may go on begins like a call in JSON. */
export function startsLikeCall(text: string): boolean | undefined {
  const start = /^(?:```(?:json)?\s*)?(?:\[\s*)?\{\s*/.exec(text);
  if (!start) return /^(?:`{1,3}|```j|```js|```jso|```json\s*|\[\s*|```\s*)$/.test(text) ? undefined : false;
  const key = text.slice(start[0].length);
  if (callKeys.some((name) => key.startsWith(`"${name}"`))) return true;
  return callKeys.some((name) => `"${name}"`.startsWith(key)) ? undefined : false;
}
