/** A JSON schema as written: an object, or true for anything and false for nothing. */
export type Schema = Readonly<Record<string, unknown>>;
export type AnySchema = Schema | boolean;

/** Two schemas that no grammar can hold at the same time, and why. */
export class MergeProblem extends Error {}

/** Keywords of which the larger, or the smaller, value says both. */
const larger = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'];
const smaller = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'];

/** Alternatives that come of two lists of them. */
const mostPairs = 256;

/** Keywords that say something to people only. */
export const annotations = new Set(['title', 'description', 'default', 'examples', 'example', '$schema', '$id', '$comment', 'deprecated', 'readOnly', 'writeOnly', 'strict', 'contentEncoding', 'contentMediaType', 'contentSchema']);

/**
 * The schema that takes what both take. References stay references; two different ones are kept side by side as `allOf`.
 * @throws {MergeProblem}
 */
export function mergeSchemas(left: AnySchema, right: AnySchema): AnySchema {
  if (left === false || right === false) return false;
  if (left === true || isEmpty(left)) return right;
  if (right === true || isEmpty(right)) return left;
  if ('$ref' in left || '$ref' in right || 'allOf' in left || 'allOf' in right) {
    return JSON.stringify(left) === JSON.stringify(right) ? left : { allOf: [left, right] };
  }
  const merged: Record<string, unknown> = { ...left, ...right };
  for (const key of Object.keys(left)) {
    if (!(key in right) || annotations.has(key)) continue;
    const [one, other] = [left[key], right[key]];
    if (larger.includes(key)) merged[key] = Math.max(one as number, other as number);
    else if (smaller.includes(key)) merged[key] = Math.min(one as number, other as number);
    else if (key === 'type') merged.type = sharedTypes(one, other);
    else if (key === 'required') merged.required = [...new Set([...(one as string[]), ...(other as string[])])];
    else if (key === 'anyOf' || key === 'oneOf') merged[key] = pairs(one as AnySchema[], other as AnySchema[]);
    else if (!['properties', 'additionalProperties', 'items', 'prefixItems', 'enum', 'const', '$defs', 'definitions'].includes(key) && JSON.stringify(one) !== JSON.stringify(other)) {
      throw new MergeProblem(`has two different "${key}" to be held at once`);
    }
  }
  return { ...merged, ...mergedValues(left, right), ...mergedProperties(left, right), ...mergedItems(left, right) };
}

function isEmpty(schema: Schema): boolean {
  return Object.keys(schema).every((key) => annotations.has(key));
}

function sharedTypes(left: unknown, right: unknown): string | string[] {
  const [one, other] = [left, right].map((types) => (Array.isArray(types) ? types : [types]) as string[]);
  const shared = one!.flatMap((type) => {
    if (other!.includes(type)) return [type];
    if (type === 'integer' && other!.includes('number')) return ['integer'];
    return type === 'number' && other!.includes('integer') ? ['integer'] : [];
  });
  if (shared.length === 0) throw new MergeProblem('wants two types at once');
  return shared.length === 1 ? shared[0]! : shared;
}

function pairs(left: readonly AnySchema[], right: readonly AnySchema[]): AnySchema[] {
  if (left.length * right.length > mostPairs) throw new MergeProblem(`combines more than ${mostPairs} alternatives`);
  return left.flatMap((one) => right.flatMap((other) => tryMerge(one, other)));
}

/** The merged schema, or none where nothing fulfils both. */
function tryMerge(left: AnySchema, right: AnySchema): AnySchema[] {
  try {
    const merged = mergeSchemas(left, right);
    return merged === false ? [] : [merged];
  } catch (error) {
    if (error instanceof MergeProblem) return [];
    throw error;
  }
}

/** `enum` and `const`: the values that both lists have. */
function mergedValues(left: Schema, right: Schema): Schema {
  const lists = [left, right].flatMap((schema) => [...('enum' in schema ? [schema.enum as unknown[]] : []), ...('const' in schema ? [[schema.const]] : [])]);
  if (lists.length < 2) return {};
  const values = lists.reduce((shared, list) => shared.filter((value) => list.some((other) => sameJson(value, other))));
  if (values.length === 0) throw new MergeProblem('wants two different values at once');
  return { enum: values, const: undefined };
}

export function sameJson(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

function mergedProperties(left: Schema, right: Schema): Schema {
  const both = [left, right].filter((schema) => 'properties' in schema || 'additionalProperties' in schema);
  if (both.length < 2) return {};
  const names = new Set([left, right].flatMap((schema) => Object.keys((schema.properties ?? {}) as Schema)));
  const of = (schema: Schema, name: string) => ((schema.properties as Schema | undefined)?.[name] ?? schema.additionalProperties ?? true) as AnySchema;
  const entries = [...names].map((name) => [name, mergeSchemas(of(left, name), of(right, name))] as const);
  const others = [left, right].filter((schema) => 'additionalProperties' in schema).map((schema) => schema.additionalProperties as AnySchema);
  return {
    properties: Object.fromEntries(entries.filter(([, schema]) => schema !== false)),
    ...(others.length === 0 ? {} : { additionalProperties: others.reduce(mergeSchemas) }),
  };
}

function mergedItems(left: Schema, right: Schema): Schema {
  if (!['items', 'prefixItems'].some((key) => key in left) || !['items', 'prefixItems'].some((key) => key in right)) return {};
  const first = (schema: Schema) => (schema.prefixItems ?? []) as AnySchema[];
  const of = (schema: Schema, index: number) => first(schema)[index] ?? ((schema.items ?? true) as AnySchema);
  const count = Math.max(first(left).length, first(right).length);
  return {
    ...(count === 0 ? {} : { prefixItems: Array.from({ length: count }, (_, index) => mergeSchemas(of(left, index), of(right, index))) }),
    items: mergeSchemas((left.items ?? true) as AnySchema, (right.items ?? true) as AnySchema),
  };
}
