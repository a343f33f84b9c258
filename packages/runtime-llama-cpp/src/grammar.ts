import { LlmiError } from '@llmi/core';
import type { LlamaGrammar } from 'node-llama-cpp';
import type { OpenLlama } from './llama-library.js';

/** A shape that answers can be held to; made by `LlamaModel.jsonGrammar`. */
export interface OutputGrammar {
  readonly native: LlamaGrammar;
  /** The grammar writes this after the answer, so that the model can end there. */
  readonly end: string;
}

/** Source: the root rule of node-llama-cpp's JSON schema grammars. */
const endOfJson = '\n\n\n\n';

type Schema = Record<string, unknown>;

/** Keywords that say something to people only. */
const annotations = new Set(['title', 'description', 'default', 'examples', '$schema', '$id', '$comment', 'deprecated', 'readOnly', 'writeOnly', 'strict']);

/** Keywords that the grammar enforces, by the `type` they belong to; `required` is fulfilled because every property is written. */
const enforced: Record<string, readonly string[]> = {
  object: ['type', 'properties', 'required', 'additionalProperties', 'minProperties', 'maxProperties'],
  array: ['type', 'items', 'prefixItems', 'minItems', 'maxItems'],
  string: ['type', 'minLength', 'maxLength', 'format'],
  number: ['type'],
  integer: ['type'],
  boolean: ['type'],
  null: ['type'],
};
const formats = ['date-time', 'time', 'date'];
const deepest = 32; // levels; a grammar grows with each

/** @throws {LlmiError} INPUT_UNSUPPORTED */
export async function compileGrammar({ llama }: OpenLlama, schema?: Schema): Promise<OutputGrammar> {
  const prepared = schema === undefined ? { type: 'object', additionalProperties: true } : checkSchema(schema, 'schema', 0, schema);
  try {
    return { native: await llama.createGrammarForJsonSchema(prepared as Parameters<typeof llama.createGrammarForJsonSchema>[0]), end: endOfJson };
  } catch (cause) {
    throw unsupported('schema', `cannot be made into a grammar: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
}

/** The schema with only what is enforced, refused where it says more than that. `at` is where in the schema, for the message. */
export function checkSchema(schema: unknown, at: string, depth: number, root: Schema): Schema {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) throw unsupported(at, 'must be an object');
  if (depth > deepest) throw unsupported(at, `is nested more than ${deepest} levels deep`);
  const known = Object.fromEntries(Object.entries(schema).filter(([key]) => !annotations.has(key) && key !== '$defs')) as Schema;
  const inner = (value: unknown, name: string) => checkSchema(value, `${at}.${name}`, depth + 1, root);
  const defs = depth === 0 && '$defs' in root ? { $defs: mapValues(root.$defs as Schema, (value, name) => inner(value, `$defs.${name}`)) } : {};
  if ('$ref' in known) return { ...only(known, ['$ref'], at), ...defs };
  if ('const' in known) return { ...only(known, ['const', 'type'], at), ...defs };
  if ('enum' in known) return { enum: only(known, ['enum', 'type'], at).enum, ...defs };
  const alternatives = known.oneOf ?? known.anyOf;
  if (Array.isArray(alternatives)) {
    only(known, ['oneOf', 'anyOf'], at);
    return { oneOf: alternatives.map((value, index) => inner(value, `oneOf[${index}]`)), ...defs };
  }
  const { type } = known;
  if (Array.isArray(type)) return { oneOf: type.map((single) => inner({ ...known, ...keywordsOf(known, String(single)) }, `type ${String(single)}`)), ...defs };
  if (typeof type !== 'string' || enforced[type] === undefined) throw unsupported(at, 'needs a "type" that JSON has, "enum", "const" or "oneOf"');
  return { ...checkTyped(only(known, enforced[type], at), at, inner), ...defs };
}

function checkTyped(schema: Schema, at: string, inner: (value: unknown, name: string) => Schema): Schema {
  if (schema.format !== undefined && !formats.includes(String(schema.format))) throw unsupported(at, `has format "${String(schema.format)}"; only ${formats.join(', ')} can be enforced`);
  const required = Array.isArray(schema.required) ? (schema.required as string[]) : [];
  const properties = (schema.properties ?? {}) as Schema;
  const undeclared = required.find((name) => !(name in properties));
  if (undeclared !== undefined) throw unsupported(at, `requires "${undeclared}", which it does not describe under "properties"`);
  return {
    ...Object.fromEntries(Object.entries(schema).filter(([key]) => key !== 'required')),
    ...(schema.properties === undefined ? {} : { properties: mapValues(properties, inner) }),
    ...(schema.items === undefined ? {} : { items: inner(schema.items, 'items') }),
    ...(Array.isArray(schema.prefixItems) ? { prefixItems: schema.prefixItems.map((value, index) => inner(value, `prefixItems[${index}]`)) } : {}),
    ...(typeof schema.additionalProperties === 'object' ? { additionalProperties: inner(schema.additionalProperties, 'additionalProperties') } : {}),
    ...(schema.type === 'object' && schema.properties === undefined && schema.additionalProperties === undefined ? { additionalProperties: true } : {}),
  };
}

/** Of a schema with several types: what belongs to one of them. */
function keywordsOf(schema: Schema, type: string): Schema {
  const others = Object.keys(schema).filter((key) => !(enforced[type] ?? []).includes(key) && Object.values(enforced).some((keys) => keys.includes(key)));
  return { ...Object.fromEntries(others.map((key) => [key, undefined])), type };
}

function only(schema: Schema, allowed: readonly string[], at: string): Schema {
  const entries = Object.entries(schema).filter(([, value]) => value !== undefined);
  const extra = entries.find(([key]) => !allowed.includes(key));
  if (extra) throw unsupported(at, `uses "${extra[0]}", which cannot be enforced`);
  return Object.fromEntries(entries);
}

function mapValues(values: Schema, map: (value: unknown, name: string) => unknown): Schema {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value, name)]));
}

function unsupported(at: string, problem: string, cause?: unknown): LlmiError {
  return new LlmiError('INPUT_UNSUPPORTED', {
    message: `The JSON ${at} ${problem}.`,
    hint: 'Simplify the schema to types, properties, items, enum, const, oneOf and length limits, and check the rest yourself.',
    param: 'response_format.json_schema',
    cause,
  });
}
