import { generateRequestSchema, toSnakeCase, wireJsonSchema } from '@llmi/core';
import type { z } from 'zod';

/** What the value of a field looks like on a command line. */
type FieldKind =
  | { type: 'text' | 'number' | 'boolean' | 'json' }
  | { type: 'choice'; choices: string[] }
  /** Text that may also be a JSON value: `--reasoning high`, `--reasoning 512`. */
  | { type: 'loose' }
  /** Path of a file whose content goes along as base64. */
  | { type: 'file' };

/** One field of a request, as a flag. */
export interface RequestField {
  /** As in the schema: `maxTokens`. */
  name: string;
  /** On the wire: `max_tokens`. */
  wireName: string;
  /** `--max-tokens` */
  flag: string;
  kind: FieldKind;
  /** Given several times, one element each time. */
  isList: boolean;
  /** What the schema says it means, one sentence. */
  description: string;
  /** What the schema says of its values, in words: `0 to 2`. */
  limits: string;
}

/** Given by the command itself: which model, and the words after it. */
const operands = ['model', 'prompt'];
/** Text in the schema that stands for the content of a file. */
const fileFields = ['images', 'audio', 'video', 'image', 'maskImage', 'controlnetImage'];

type Definition = { type: string; innerType?: z.core.$ZodType; element?: z.core.$ZodType; entries?: Record<string, string>; options?: z.core.$ZodType[] };
const definitionOf = (schema: z.core.$ZodType) => schema._zod.def as Definition;

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const { innerType } = definitionOf(schema);
  return innerType ? unwrap(innerType) : schema;
}

function kindOf(schema: z.core.$ZodType): FieldKind {
  const { type, entries, options } = definitionOf(schema);
  switch (type) {
    case 'string':
      return { type: 'text' };
    case 'number':
    case 'int':
      return { type: 'number' };
    case 'boolean':
      return { type: 'boolean' };
    case 'enum':
      return { type: 'choice', choices: Object.values(entries ?? {}) };
    case 'union':
      return options?.some((option) => definitionOf(unwrap(option)).type === 'enum') ? { type: 'loose' } : { type: 'json' };
    default:
      return { type: 'json' };
  }
}

interface ValueSchema {
  description?: string;
  minimum?: number;
  maximum?: number;
  multipleOf?: number;
  maxItems?: number;
  enum?: string[];
  anyOf?: ValueSchema[];
}

/** `0 to 2`, `at least 1`; limits that nobody meets are left out. */
function limitsOf({ minimum, maximum, multipleOf, maxItems, enum: words, anyOf }: ValueSchema): string {
  if (anyOf) return anyOf.map((option) => option.enum?.join(', ') ?? limitsOf(option)).filter((text) => text !== '').join(', or ');
  const upper = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? undefined : maximum;
  const range = minimum !== undefined && upper !== undefined ? `${minimum} to ${upper}` : minimum !== undefined && !words ? `at least ${minimum}` : '';
  return [range, multipleOf === undefined ? '' : `a multiple of ${multipleOf}`, maxItems === undefined ? '' : `up to ${maxItems}`]
    .filter((text) => text)
    .join(', ');
}

/** A flag takes the path of a file where the wire has its content: how that is encoded is left out. */
function describe({ description = '' }: ValueSchema = {}, isFile: boolean): string {
  return isFile ? description.replace(/: base64.*$/, '.') : description;
}

const kebabCase = (name: string) => toSnakeCase(name).replaceAll('_', '-');

let fields: RequestField[] | undefined;

/** Every field that a request can carry, read from its schema. */
export function requestFields(): RequestField[] {
  return (fields ??= readFields());
}

function readFields(): RequestField[] {
  const { properties } = wireJsonSchema(generateRequestSchema) as { properties: Record<string, ValueSchema> };
  return Object.entries(generateRequestSchema.shape)
    .filter(([name]) => !operands.includes(name))
    .map(([name, schema]) => {
      const inner = unwrap(schema);
      const { element } = definitionOf(inner);
      const kind = kindOf(element ? unwrap(element) : inner);
      return {
        name,
        wireName: toSnakeCase(name),
        flag: `--${kebabCase(name)}`,
        kind: fileFields.includes(name) ? { type: 'file' } : kind,
        isList: element !== undefined,
        description: describe(properties[toSnakeCase(name)], fileFields.includes(name)),
        limits: limitsOf(properties[toSnakeCase(name)] ?? {}),
      };
    });
}
