import { literal, repeat, type GrammarBuilder } from '../gbnf/grammar-builder.js';
import { anyValue, space } from './json-values.js';
import type { AnySchema, Schema } from './merge-schemas.js';
import { otherKey } from './strings.js';

/** The rule for a part of a schema, and where it is. */
type Inner = (schema: AnySchema, name: string) => string;
type Problem = (text: string) => Error;

/**
 * A JSON object: the declared properties in the order of the schema, those that are not required in or out, then others where
 * `additionalProperties` allows them by saying so.
 */
export function objectRule(builder: GrammarBuilder, schema: Schema, inner: Inner, problem: Problem): string {
  const { required = [], minProperties = 0, maxProperties = Infinity } = schema as { required?: string[]; minProperties?: number; maxProperties?: number };
  const properties = declared(schema, required, problem);
  const room = space(builder);
  const pairs = properties.map(([name, value]) => ({ name, isRequired: required.includes(name), rule: `${literal(JSON.stringify(name))} ":" ${room} ${inner(value, `properties.${name}`)}` }));
  const other = otherPair(builder, schema, properties, inner);
  if (properties.length === 0) {
    if (other === undefined) {
      if (minProperties > 0) throw problem('has "minProperties" and allows no property');
      return `"{" ${room} "}"`;
    }
    if (minProperties > 1) throw problem('has "minProperties" above 1 for properties of any name, which cannot be enforced');
    const most = maxProperties === Infinity ? undefined : maxProperties;
    if (most === 0) return `"{" ${room} "}"`;
    const some = `${other} ${repeat(`( "," ${room} ${other} )`, 0, most === undefined ? undefined : most - 1)} ${room}`;
    return `"{" ${room} ${minProperties > 0 ? some : `( ${some} )?`} "}"`;
  }
  const fixed = pairs.filter(({ isRequired }) => isRequired).length;
  if (minProperties > fixed) throw problem('has a "minProperties" above the number of required properties, which cannot be enforced');
  if (maxProperties < pairs.length || (maxProperties !== Infinity && other !== undefined)) throw problem('has a "maxProperties" below the number of its properties, which cannot be enforced');
  return objectBody(builder, pairs, other, room);
}

/** Properties with their schemas; a required one that is not described is what additional ones may be. */
function declared(schema: Schema, required: readonly string[], problem: Problem): [name: string, value: AnySchema][] {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, AnySchema>);
  const missing = required.filter((name) => !properties.some(([known]) => known === name));
  if (missing.length > 0 && schema.additionalProperties === false) throw problem(`requires "${missing[0]}" and forbids it`);
  const impossible = properties.find(([name, value]) => value === false && required.includes(name));
  if (impossible) throw problem(`requires "${impossible[0]}" and forbids it`);
  return [...properties.filter(([, value]) => value !== false), ...missing.map((name): [string, AnySchema] => [name, (schema.additionalProperties ?? true) as AnySchema])];
}

/** A property of any other name; undefined where there are none. */
function otherPair(builder: GrammarBuilder, schema: Schema, properties: readonly [string, AnySchema][], inner: Inner): string | undefined {
  const { additionalProperties, properties: described } = schema as { additionalProperties?: AnySchema; properties?: Schema };
  const isOpen = additionalProperties === undefined ? described === undefined : additionalProperties !== false;
  if (!isOpen) return undefined;
  const value = additionalProperties === undefined || additionalProperties === true ? anyValue(builder) : inner(additionalProperties, 'additionalProperties');
  const names = [...properties.map(([name]) => name), ...Object.keys(described ?? {})];
  return builder.rule('other-pair', `${otherKey(builder, [...new Set(names)])} ":" ${space(builder)} ${value}`);
}

/** What follows once something was written is a rule per property, so that the grammar grows with their number and not its square. */
function objectBody(builder: GrammarBuilder, pairs: readonly { isRequired: boolean; rule: string }[], other: string | undefined, room: string): string {
  let after = other === undefined ? '' : ` ( "," ${room} ${other} )*`;
  const starts: string[] = other === undefined ? [] : [`${other}${after}`];
  let canBeEmpty = true;
  for (const { isRequired, rule } of [...pairs].reverse()) {
    if (isRequired) {
      starts.length = 0; // nothing after it can come first
      canBeEmpty = false;
    }
    starts.unshift(`${rule}${after}`);
    after = ` ${builder.rule('rest', `( "," ${room} ${rule} )${isRequired ? '' : '?'}${after}`)}`;
  }
  return `"{" ${room} ( ${starts.join(' | ')} )${canBeEmpty ? '?' : ''} ${room} "}"`;
}

/** A JSON array. */
export function arrayRule(builder: GrammarBuilder, schema: Schema, inner: Inner, problem: Problem): string {
  const { minItems = 0, maxItems = Infinity, prefixItems = [], uniqueItems } = schema as { minItems?: number; maxItems?: number; prefixItems?: AnySchema[]; uniqueItems?: boolean };
  if (uniqueItems === true && maxItems > 1) throw problem('uses "uniqueItems", which cannot be enforced');
  if (maxItems < minItems) throw problem('has a "maxItems" below its "minItems"');
  const room = space(builder);
  const first = prefixItems.slice(0, maxItems === Infinity ? undefined : maxItems).map((value, index) => inner(value, `prefixItems.${index}`));
  const isClosed = schema.items === false || (prefixItems.length > 0 && schema.items === undefined && minItems <= first.length);
  if (schema.items === false && minItems > first.length) throw problem('has a "minItems" above the number of its items');
  const item = isClosed || maxItems <= first.length ? undefined : inner((schema.items ?? true) as AnySchema, 'items');
  const more = item === undefined ? '' : laterItems(item, room, Math.max(0, minItems - first.length), maxItems - first.length, first.length === 0);
  if (first.length === 0) return `"[" ${room} ${more} "]"`.replace('  ', ' ');
  let body = more;
  for (const [index, rule] of [...first.entries()].reverse()) {
    const here = `${index === 0 ? '' : `"," ${room} `}${rule} ${body}`;
    body = index < minItems ? here : `( ${here} )?`;
  }
  return `"[" ${room} ${body} ${room} "]"`;
}

/** Between `least` and `most` items, after others or as the first ones. */
function laterItems(item: string, room: string, least: number, most: number, isFirst: boolean): string {
  const bound = most === Infinity ? undefined : most;
  const next = `( "," ${room} ${item} )`;
  if (!isFirst) return repeat(next, least, bound);
  if (bound === 0) return '';
  const some = `${item} ${repeat(next, Math.max(0, least - 1), bound === undefined ? undefined : bound - 1)} ${room}`;
  return least === 0 ? `( ${some} )?` : some;
}
