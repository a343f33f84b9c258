import { LlmiError } from '@llmi/core';
import { either, literal, type GrammarBuilder } from '../gbnf/grammar-builder.js';
import { anyInteger, anyNumber, anyObject, anyValue } from './json-values.js';
import { annotations, mergeSchemas, MergeProblem, sameJson, type AnySchema, type Schema } from './merge-schemas.js';
import { integerRange, numberRange, type Bounds } from './numbers.js';
import { areDisjoint } from './disjoint.js';
import { arrayRule, objectRule } from './objects.js';
import { stringRule } from './strings.js';

/** Keywords that are enforced, by the type they speak of. */
const keywords: Record<string, readonly string[]> = {
  object: ['properties', 'required', 'additionalProperties', 'minProperties', 'maxProperties'],
  array: ['items', 'prefixItems', 'minItems', 'maxItems', 'uniqueItems'],
  string: ['minLength', 'maxLength', 'pattern', 'format'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
};
/** Keywords of draft 2020-12 that a grammar does not enforce; any other unknown one says nothing to a validator either. */
const refused = ['not', 'if', 'then', 'else', 'patternProperties', 'propertyNames', 'dependentRequired', 'dependentSchemas', 'dependencies', 'unevaluatedProperties', 'unevaluatedItems', 'contains', 'minContains', 'maxContains', '$dynamicRef', '$recursiveRef'];
const types = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'];
const deepest = 64;
/** Schemas read in all, a referenced one each time that it is read anew: a few references can ask for billions. */
const mostRead = 20_000;
const largestBound = 1e15; // a double holds whole numbers up to here, and some digits after the point

/** Where in a schema the reader is. */
interface Place {
  at: string;
  depth: number;
}

/**
 * Writes the rules for documents that a JSON schema (draft 2020-12) takes. Every match of the grammar is valid; where JSON allows
 * endless freedom the grammar takes a part of it: properties come in the order of the schema, and others only where
 * `additionalProperties` says so.
 */
export class JsonSchemaRules {
  readonly #byRef = new Map<string, string>();
  /** References that are being followed with nothing read between them. */
  readonly #following = new Set<string>();

  #read = 0;

  constructor(
    private readonly builder: GrammarBuilder,
    private readonly root: Schema,
    private readonly param = 'response_format.json_schema',
  ) {}

  /** The rule for the whole schema. @throws {LlmiError} INPUT_UNSUPPORTED naming the keyword that cannot be enforced */
  document(): string {
    return this.#rule(this.root, { at: 'schema', depth: 0 });
  }

  #rule(schema: AnySchema, place: Place): string {
    this.#countRead(place);
    if (place.depth > deepest) throw this.#problem(place, `is nested more than ${deepest} levels deep`);
    if (schema === true) return anyValue(this.builder);
    if (schema === false) throw this.#problem(place, 'allows no value');
    if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) throw this.#problem(place, 'must be an object');
    const known = Object.fromEntries(Object.entries(schema).filter(([key, value]) => value !== undefined && !annotations.has(key) && key !== '$defs' && key !== 'definitions'));
    const wrong = refused.find((key) => key in known);
    if (wrong !== undefined) throw this.#problem(place, `uses "${wrong}", which cannot be enforced`);
    const { $ref, allOf, anyOf, oneOf, ...rest } = known as Record<string, unknown> & { $ref?: string; allOf?: AnySchema[]; anyOf?: AnySchema[]; oneOf?: AnySchema[] };
    if ($ref !== undefined && Object.keys(known).length === 1) return this.#reference($ref, place);
    if ($ref !== undefined || allOf) return this.#rule(this.#flatten(known, place), { ...place, depth: place.depth + 1 });
    if (anyOf) return this.#any(anyOf, { ...rest, ...(oneOf ? { oneOf } : {}) }, 'anyOf', place);
    if (oneOf) return this.#any(oneOf, rest, 'oneOf', place);
    return this.#typed(rest, place);
  }

  /** A schema that another place names; one that holds itself becomes a rule that names itself. */
  #reference($ref: string, place: Place): string {
    const known = this.#byRef.get($ref);
    if (known !== undefined) {
      if (this.#following.has($ref)) throw this.#problem(place, `refers to itself with "${$ref}" and says nothing else`);
      return known;
    }
    const target = this.#resolve($ref, place);
    const name = this.builder.reserve($ref.split('/').at(-1) || 'document');
    this.#byRef.set($ref, name);
    this.#following.add($ref);
    this.builder.define(name, this.#rule(target, { at: $ref, depth: place.depth + 1 }));
    this.#following.delete($ref);
    return name;
  }

  #resolve($ref: string, place: Place): AnySchema {
    const path = /^#(\/.*)?$/.exec($ref);
    if (!path) throw this.#problem(place, `refers to "${$ref}": only references inside the schema (#/$defs/...) can be followed`);
    const steps = (path[1] ?? '').split('/').slice(1).map((step) => decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~'));
    const target = steps.reduce<unknown>((value, step) => (typeof value === 'object' && value !== null && Object.hasOwn(value, step) ? (value as Schema)[step] : undefined), this.root);
    if (target === undefined) throw this.#problem(place, `refers to "${$ref}", which is not there`);
    return target as AnySchema;
  }

  /** One schema that says what a reference, `allOf` and everything beside them say together. */
  #flatten(schema: AnySchema, place: Place): AnySchema {
    this.#countRead(place);
    if (place.depth > deepest) throw this.#problem(place, `is nested more than ${deepest} levels deep`);
    if (typeof schema !== 'object') return schema;
    const { $ref, allOf, ...rest } = schema as Schema & { $ref?: string; allOf?: AnySchema[] };
    const deeper = { ...place, depth: place.depth + 1 };
    const parts = [...($ref === undefined ? [] : [this.#resolve($ref, place)]), ...(allOf ?? [])];
    return this.#merged([...parts.map((part) => this.#flatten(part, deeper)), rest], place);
  }

  #countRead(place: Place): void {
    if (++this.#read > mostRead) throw this.#problem(place, `has more than ${mostRead} parts`);
  }

  #merged(parts: readonly AnySchema[], place: Place): AnySchema {
    try {
      return parts.reduce(mergeSchemas, true);
    } catch (error) {
      if (error instanceof MergeProblem) throw this.#problem(place, error.message);
      throw error;
    }
  }

  #any(alternatives: readonly AnySchema[], beside: Schema, keyword: 'anyOf' | 'oneOf', place: Place): string {
    if (!Array.isArray(alternatives) || alternatives.length === 0) throw this.#problem(place, `has an empty "${keyword}"`);
    if (keyword === 'oneOf' && !areDisjoint(alternatives.map((schema) => this.#flatten(schema, place)))) {
      throw this.#problem(place, 'uses "oneOf" with alternatives that one value could fulfil together; "anyOf" can be enforced');
    }
    const rules = alternatives.map((alternative, index) => {
      const inner = { at: `${place.at}.${keyword}[${index}]`, depth: place.depth + 1 };
      return this.#rule(Object.keys(beside).length === 0 ? alternative : { allOf: [alternative, beside] }, inner);
    });
    return either([...new Set(rules)]);
  }

  #typed(schema: Schema, place: Place): string {
    if ('const' in schema || 'enum' in schema) return this.#values(schema, place);
    const { type } = schema;
    const implied = Object.keys(keywords).find((name) => keywords[name]!.some((key) => key in schema));
    const wanted = (Array.isArray(type) ? type : [type ?? implied]) as (string | undefined)[];
    const unknown = wanted.find((name) => name !== undefined && !types.includes(name));
    if (unknown !== undefined) throw this.#problem(place, `has the type "${String(unknown)}", which JSON does not have`);
    if (wanted.length === 0) throw this.#problem(place, 'has an empty list of types');
    return either(wanted.map((name) => (name === undefined ? anyValue(this.builder) : this.#ofType(name, schema, place))));
  }

  #values(schema: Schema, place: Place): string {
    const { type, enum: listed, const: single } = schema as { type?: string | string[]; enum?: unknown[]; const?: unknown };
    const extra = Object.keys(schema).find((key) => !['enum', 'const', 'type'].includes(key) && Object.values(keywords).flat().includes(key));
    if (extra !== undefined) throw this.#problem(place, `uses "${extra}" beside "enum" or "const"`);
    if (listed !== undefined && !Array.isArray(listed)) throw this.#problem(place, 'has an "enum" that is no list');
    const types = type === undefined ? undefined : Array.isArray(type) ? type : [type];
    const values = (listed ?? [single]).filter((value) => ('const' in schema && single !== undefined ? sameJson(value, single) : true) && (types?.some((name) => isOfType(value, name)) ?? true));
    if (values.length === 0) throw this.#problem(place, 'allows no value');
    return this.builder.rule('choice', either(values.map((value) => literal(JSON.stringify(value)))));
  }

  #ofType(type: string, schema: Schema, place: Place): string {
    const problem = (text: string) => this.#problem(place, text);
    const inner = (value: AnySchema, name: string) => {
      const following = [...this.#following];
      this.#following.clear(); // a bracket stands between: what refers to itself here has something to say
      const rule = this.builder.rule(name.replace(/.*\./, ''), this.#rule(value, { at: `${place.at}.${name}`, depth: place.depth + 1 }));
      following.forEach((ref) => this.#following.add(ref));
      return rule;
    };
    if (type === 'boolean') return either([literal('true'), literal('false')]);
    if (type === 'null') return literal('null');
    if (type === 'string') return stringRule(this.builder, schema, problem);
    if (type === 'array') return arrayRule(this.builder, schema, inner, problem);
    if (type === 'object') return keywords.object!.some((key) => key in schema) ? objectRule(this.builder, schema, inner, problem) : anyObject(this.builder);
    return this.#number(type, schema, problem);
  }

  #number(type: string, schema: Schema, problem: (text: string) => LlmiError): string {
    const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema as Record<string, number | undefined>;
    if (multipleOf !== undefined && !(multipleOf === 1 && type === 'integer')) throw problem('uses "multipleOf", which cannot be enforced');
    const given = [minimum, maximum, exclusiveMinimum, exclusiveMaximum].filter((bound) => bound !== undefined);
    if (given.length === 0) return type === 'integer' ? anyInteger(this.builder) : anyNumber(this.builder);
    if (given.some((bound) => typeof bound !== 'number' || Math.abs(bound) > largestBound)) throw problem(`has a bound that is no number up to ${largestBound}`);
    const bounds: Bounds = {
      ...(exclusiveMinimum !== undefined && !(minimum !== undefined && minimum > exclusiveMinimum) ? { least: exclusiveMinimum, aboveLeast: true } : { least: minimum }),
      ...(exclusiveMaximum !== undefined && !(maximum !== undefined && maximum < exclusiveMaximum) ? { most: exclusiveMaximum, belowMost: true } : { most: maximum }),
    };
    const range = type === 'integer' ? integerRange(...wholeBounds(bounds)) : numberRange(bounds);
    if (range === undefined) throw problem('has bounds with no number between them');
    return this.builder.rule(type, range);
  }

  #problem({ at }: Place, text: string): LlmiError {
    return new LlmiError('INPUT_UNSUPPORTED', {
      message: `The JSON ${at === 'schema' ? 'schema' : `schema at ${at.replace(/^schema\./, '')}`} ${text}.`,
      hint: 'Simplify the schema, and check the rest yourself.',
      param: this.param,
    });
  }
}

/** The smallest and largest whole number within bounds. */
function wholeBounds({ least, most, aboveLeast, belowMost }: Bounds): [number | undefined, number | undefined] {
  const from = least === undefined ? undefined : aboveLeast ? Math.floor(least) + 1 : Math.ceil(least);
  const to = most === undefined ? undefined : belowMost ? Math.ceil(most) - 1 : Math.floor(most);
  return [from, to];
}

export function isOfType(value: unknown, type: string): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}
