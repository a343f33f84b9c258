import { z } from 'zod';
import { LlmiError } from './errors.js';

/** `maxTokens` to `max_tokens`: names are camelCase in TypeScript and snake_case on the wire. */
export function toSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

type Rename = (name: string) => string;

/** The schemas inside a wrapper, or the schema itself. */
function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const def = schema._zod.def as { innerType?: z.core.$ZodType; in?: z.core.$ZodType };
  if (def.innerType) return unwrap(def.innerType);
  if (def.in) return unwrap(def.in);
  return schema;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The option of a union that a value belongs to: by literal discriminator, else the first whose shape the value has. */
function optionFor(options: readonly z.core.$ZodType[], value: unknown): z.core.$ZodType | undefined {
  if (Array.isArray(value)) return options.find((option) => unwrap(option)._zod.def.type === 'array');
  if (!isObject(value)) return undefined;
  const objects = options.map(unwrap).filter((option) => option._zod.def.type === 'object');
  const byType = objects.find((option) => {
    const literal = (option as z.ZodObject).shape.type as z.ZodLiteral | undefined;
    return literal?._zod.def.type === 'literal' && literal._zod.values.has(value.type as string);
  });
  return byType ?? objects[0];
}

interface Field {
  name: string; // in the value that is made
  schema: z.core.$ZodType;
}

/** The declared fields of an object schema by their names in the value that is read, and those names that the wire spells in another way. */
interface Fields {
  fromWire: ReadonlyMap<string, Field>;
  toWire: ReadonlyMap<string, Field>;
  camelCase: readonly string[];
}

const knownFields = new WeakMap<z.core.$ZodType, Fields>(); // spelling them anew for every request was half of what a request cost

function fieldsOf(object: z.ZodObject): Fields {
  const known = knownFields.get(object);
  if (known) return known;
  const declared = Object.entries(object.shape as Record<string, z.core.$ZodType>).map(([name, schema]) => ({ name, wireName: toSnakeCase(name), schema }));
  const fields: Fields = {
    fromWire: new Map(declared.map(({ name, wireName, schema }) => [wireName, { name, schema }])),
    toWire: new Map(declared.map(({ name, wireName, schema }) => [name, { name: wireName, schema }])),
    camelCase: declared.filter(({ name, wireName }) => name !== wireName).map(({ name }) => name),
  };
  knownFields.set(object, fields);
  return fields;
}

/** Renames the keys that `schema` declares, and only those: the keys of records (logit_bias, JSON schemas, tensors) are data. */
function rename(schema: z.core.$ZodType, value: unknown, direction: 'fromWire' | 'toWire'): unknown {
  const inner = unwrap(schema);
  const def = inner._zod.def;
  if (Array.isArray(value)) {
    const element = def.type === 'array' ? (inner as z.ZodArray).element : def.type === 'union' ? optionFor((inner as z.ZodUnion).options, value) : undefined;
    if (def.type === 'union' && element) return rename(element, value, direction);
    return element ? value.map((item) => rename(element, item, direction)) : value;
  }
  if (!isObject(value)) return value;
  if (def.type === 'union') {
    const option = optionFor((inner as z.ZodUnion).options, value);
    return option ? rename(option, value, direction) : value;
  }
  if (def.type !== 'record' && def.type !== 'object') return value;
  const fields = def.type === 'object' ? fieldsOf(inner as z.ZodObject)[direction] : undefined;
  const entries = Object.entries(value);
  for (const entry of entries) {
    const field = fields ? fields.get(entry[0]) : { name: entry[0], schema: (inner as z.ZodRecord).valueType };
    if (!field) continue;
    entry[0] = field.name;
    if (typeof entry[1] === 'object') entry[1] = rename(field.schema, entry[1], direction);
  }
  return Object.fromEntries(entries);
}

/** A value of `schema` with the keys it has on the wire. */
export function toWire(schema: z.core.$ZodType, value: unknown): unknown {
  return rename(schema, value, 'toWire');
}

/** The first declared key that a wire object spells in camelCase, by path: `maxTokens` is no field of the wire. */
function camelCaseKey(schema: z.core.$ZodType, value: unknown): string | undefined {
  const inner = unwrap(schema);
  if (!isObject(value) || inner._zod.def.type !== 'object') return undefined;
  return fieldsOf(inner as z.ZodObject).camelCase.find((key) => key in value);
}

/**
 * Parses what came over the wire: snake_case keys in, a value of `schema` out.
 * @throws {LlmiError} INPUT_INVALID that names the field by its path on the wire and says what would be valid.
 */
export function fromWire<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const camel = camelCaseKey(schema, body);
  if (camel !== undefined) {
    throw new LlmiError('INPUT_INVALID', { message: `Unknown field "${camel}".`, hint: `Did you mean "${toSnakeCase(camel)}"?`, param: camel });
  }
  return parseWith(schema, rename(schema, body, 'fromWire'), toSnakeCase);
}

/**
 * Parses a value given in TypeScript, with the same errors as {@link fromWire}.
 * @throws {LlmiError} INPUT_INVALID
 */
export function parseInput<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  return parseWith(schema, value, (name) => name);
}

function parseWith<Schema extends z.ZodType>(schema: Schema, value: unknown, name: Rename): z.output<Schema> {
  const parsed = checked(schema, value);
  if (parsed.success) return parsed.data;
  throw inputError(parsed.error.issues[0]!, schema, name);
}

/** A check of length reads `length` of whatever it is given: an object made to break that throws, and is no valid value of anything. */
function checked<Schema extends z.ZodType>(schema: Schema, value: unknown): z.ZodSafeParseResult<z.output<Schema>> {
  try {
    return schema.safeParse(value);
  } catch (cause) {
    throw new LlmiError('INPUT_INVALID', { message: 'A value of the request is of no known type.', hint: '/openapi.json lists every field with its type.', cause });
  }
}

function inputError(issue: z.core.$ZodIssue, schema: z.ZodType, name: Rename): LlmiError {
  const param = fieldPath(issue.path, name);
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!;
    const known = issue.path.length === 0 && unwrap(schema)._zod.def.type === 'object' ? Object.keys((unwrap(schema) as z.ZodObject).shape).map(name) : [];
    const near = nearest(key, known);
    return new LlmiError('INPUT_INVALID', {
      message: `Unknown field "${param ? `${param}.` : ''}${key}".`,
      hint: near ? `Did you mean "${near}"?` : 'Remove it, or see /openapi.json for the fields there are.',
      param: param ? `${param}.${key}` : key,
    });
  }
  return new LlmiError('INPUT_INVALID', {
    message: param ? `Field "${param}" is not valid: ${issue.message}.` : `The request is not valid: ${issue.message}.`,
    hint: 'Correct the value and send the request again; /openapi.json lists every field with its limits.',
    ...(param ? { param } : {}),
  });
}

/** `['messages', 0, 'toolCalls']` to `messages[0].tool_calls`. */
function fieldPath(path: readonly PropertyKey[], name: Rename): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text ? `${text}.${name(String(part))}` : name(String(part));
  }, '');
}

/** The candidate at most three edits (Levenshtein 1966) and less than half the word away from `word`. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.min(4, Math.ceil(word.length / 2) + 1);
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      next[j] = Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[right.length]!;
}

/** JSON schema (draft 2020-12) of what `schema` looks like on the wire. */
export function wireJsonSchema(schema: z.ZodType, io: 'input' | 'output' = 'input'): Record<string, unknown> {
  return renameProperties(z.toJSONSchema(schema, { io, unrepresentable: 'any' })) as Record<string, unknown>;
}

function renameProperties(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(renameProperties);
  if (!isObject(node)) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      if (key === 'properties' && isObject(value)) {
        return [key, Object.fromEntries(Object.entries(value).map(([name, item]) => [toSnakeCase(name), renameProperties(item)]))];
      }
      if (key === 'required' && Array.isArray(value)) return [key, value.map((name) => toSnakeCase(String(name)))];
      return [key, renameProperties(value)];
    }),
  );
}
