import type { AnySchema, Schema } from './merge-schemas.js';

/** True when no value can fulfil two of the schemas: by their types, or by a property that each of them fixes to other values. */
export function areDisjoint(schemas: readonly AnySchema[]): boolean {
  return schemas.every((schema, index) => schemas.slice(index + 1).every((other) => apart(schema, other)));
}

function apart(left: AnySchema, right: AnySchema): boolean {
  if (left === false || right === false) return true;
  if (left === true || right === true) return false;
  const [one, other] = [valuesOf(left), valuesOf(right)];
  if (one && other) return !one.some((value) => other.includes(value));
  const [types, otherTypes] = [typesOf(left), typesOf(right)];
  if (types && otherTypes && !types.some((type) => otherTypes.includes(type))) return true;
  return typesOf(left)?.join() === 'object' && typesOf(right)?.join() === 'object' && someKeyApart(left, right);
}

/** A property that both require, with values that differ; or one that one requires and the other forbids. */
function someKeyApart(left: Schema, right: Schema): boolean {
  const required = (schema: Schema) => (Array.isArray(schema.required) ? (schema.required as string[]) : []);
  const property = (schema: Schema, name: string) => (schema.properties as Schema | undefined)?.[name] as AnySchema | undefined;
  const forbids = (schema: Schema, name: string) => schema.additionalProperties === false && property(schema, name) === undefined;
  if (required(left).some((name) => forbids(right, name)) || required(right).some((name) => forbids(left, name))) return true;
  return required(left).some((name) => required(right).includes(name) && apart(property(left, name) ?? true, property(right, name) ?? true));
}

/** The values that a schema is limited to, as JSON text. */
function valuesOf(schema: Schema): string[] | undefined {
  if ('const' in schema && schema.const !== undefined) return [JSON.stringify(schema.const)];
  return Array.isArray(schema.enum) ? schema.enum.map((value) => JSON.stringify(value)) : undefined;
}

/** The types that a schema is limited to; every integer is a number, too. */
function typesOf(schema: Schema): string[] | undefined {
  const listed = valuesOf(schema);
  if (listed) return [...new Set(listed.map((text) => typeOfJson(JSON.parse(text))))];
  if (schema.type === undefined) return undefined;
  return (Array.isArray(schema.type) ? (schema.type as string[]) : [schema.type as string]).map((type) => (type === 'integer' ? 'number' : type));
}

function typeOfJson(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
}
