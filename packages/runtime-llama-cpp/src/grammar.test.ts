import { describe, expect, it } from 'vitest';
import { checkSchema } from './grammar.js';

const check = (schema: Record<string, unknown>) => checkSchema(schema, 'schema', 0, schema);

describe('a JSON schema', () => {
  it('keeps what the grammar enforces and drops words for people', () => {
    expect(check({ title: 'T', type: 'object', properties: { a: { type: 'string', description: 'd', maxLength: 3 } }, required: ['a'], additionalProperties: false })).toEqual({
      type: 'object',
      properties: { a: { type: 'string', maxLength: 3 } },
      additionalProperties: false,
    });
  });

  it('may offer alternatives, several types, constants and references', () => {
    const schema = { $defs: { n: { type: 'integer' } }, type: 'array', items: { anyOf: [{ $ref: '#/$defs/n' }, { const: 'x' }, { type: ['string', 'null'], minLength: 1 }] } };
    expect(check(schema)).toEqual({
      type: 'array',
      items: { oneOf: [{ $ref: '#/$defs/n' }, { const: 'x' }, { oneOf: [{ type: 'string', minLength: 1 }, { type: 'null' }] }] },
      $defs: { n: { type: 'integer' } },
    });
  });

  it.each([
    [{ type: 'string', pattern: '^a' }, 'pattern'],
    [{ type: 'integer', minimum: 3 }, 'minimum'],
    [{ type: 'string', format: 'email' }, 'email'],
    [{ type: 'object', properties: { a: { type: 'array', uniqueItems: true } } }, 'uniqueItems'],
    [{ type: 'object', required: ['b'] }, '"b"'],
    [{ allOf: [] }, 'type'],
    [{ type: 'thing' }, 'type'],
  ])('is refused where it says more than can be enforced: %j', (schema, named) => {
    expect(() => check(schema)).toThrowError(expect.objectContaining({ code: 'INPUT_UNSUPPORTED', message: expect.stringContaining(named) as string }));
  });
});
