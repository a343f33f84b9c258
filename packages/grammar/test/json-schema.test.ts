import { describe, expect, it } from 'vitest';
import { jsonGrammarText, TokenGrammar, TokenTrie } from '../src/index.js';

/** A vocabulary in which every byte is a token. */
const bytes = new TokenTrie(Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)));

function fits(schema: Record<string, unknown> | undefined, text: string): boolean {
  const matcher = new TokenGrammar(jsonGrammarText(schema), bytes).begin();
  return [...new TextEncoder().encode(text)].every((byte) => matcher.advance(byte)) && matcher.mayEnd;
}

const point = { type: 'object', properties: { x: { type: 'number' }, y: { type: 'number' } }, required: ['x', 'y'], additionalProperties: false };
const tree = { $defs: { node: { type: 'object', properties: { name: { type: 'string' }, children: { type: 'array', items: { $ref: '#/$defs/node' } } }, required: ['name'], additionalProperties: false } }, $ref: '#/$defs/node' };

const accepted: [schema: Record<string, unknown>, documents: unknown[]][] = [
  [{}, [null, true, 1.5e3, 'a\n"ü😀', [1, [2]], { a: { b: [] } }, {}, []]],
  [point, [{ x: 1, y: -2.5 }]],
  [tree, [{ name: 'a' }, { name: 'a', children: [{ name: 'b', children: [] }] }]],
  [{ type: 'object', properties: { a: { type: 'integer' }, b: { type: 'integer' }, c: { type: 'integer' } }, required: ['b'] }, [{ b: 1 }, { a: 1, b: 2 }, { b: 2, c: 3 }, { a: 1, b: 2, c: 3 }]],
  [{ type: 'object', properties: { ab: { type: 'integer' } }, additionalProperties: { type: 'string' } }, [{}, { ab: 1 }, { a: 'x' }, { ab: 1, abc: 'x', b: 'y' }]],
  [{ type: 'integer', minimum: -5, maximum: 1234 }, [-5, -1, 0, 7, 99, 1000, 1234]],
  [{ type: 'number', minimum: 0.25, exclusiveMaximum: 10 }, [0.25, 0.3, 1, 9.99, 5.123]],
  [{ type: 'string', pattern: 'a+b' }, ['ab', 'xaabx']],
  [{ type: 'array', prefixItems: [{ type: 'string' }, { type: 'integer' }], items: { type: 'null' } }, [[], ['a'], ['a', 1], ['a', 1, null, null]]],
  [{ type: 'array', items: { type: 'integer' }, minItems: 1, maxItems: 3 }, [[1], [1, 2, 3]]],
  [{ type: 'string', maxLength: 3000 }, ['', 'x'.repeat(999), 'x'.repeat(1000), 'x'.repeat(2500), 'x'.repeat(3000)]],
];
const rejected: [schema: Record<string, unknown>, texts: string[]][] = [
  [point, ['{}', '{"x":1}', '{"x":1,"y":2,"z":3}', '{"y":1,"x":2}', '[1]', '{"x":1,"y":2} ']],
  [{ type: 'object', properties: { ab: { type: 'integer' } }, additionalProperties: { type: 'string' } }, ['{"ab":"x"}', '{"a":1}', '{"\\u0061b":"x"}']],
  [{ type: 'integer', minimum: -5, maximum: 1234 }, ['-6', '1235', '2000', '10000', '01', '1.5']],
  [{ type: 'number', minimum: 0.25, exclusiveMaximum: 10 }, ['0.2', '0', '10', '10.0', '-1', '11']],
  [{ type: 'string', pattern: '^a+b$' }, ['"b"', '"xab"', '"abx"']],
  [{ type: 'string', minLength: 2, maxLength: 3 }, ['"a"', '"abcd"', '"\\ud83d\\ude00"']],
  [{ type: 'string', format: 'date' }, ['"2024-02-30"', '"2024-13-01"', '"today"']],
  [{ type: 'string', maxLength: 3000 }, [`"${'x'.repeat(3001)}"`]],
];

describe('the grammar of a schema', () => {
  it.each(accepted)('of %j takes what is valid', (schema, documents) => {
    for (const document of documents) expect([document, fits(schema, JSON.stringify(document))]).toEqual([document, true]);
  });

  it.each(rejected)('of %j refuses what is not', (schema, texts) => {
    for (const text of texts) expect([text, fits(schema, text)]).toEqual([text, false]);
  });

  it('leaves room between the parts, as models write it', () => {
    expect(fits(point, '{\n  "x": 1,\n  "y": 2\n}')).toBe(true);
  });

  it('is any object where there is no schema', () => {
    expect([fits(undefined, '{"a": [1, {"b": null}]}'), fits(undefined, '[1]'), fits(undefined, '{"a": }')]).toEqual([true, false, false]);
  });
});

describe('a schema that says more than a grammar can hold', () => {
  it.each([
    [{ not: {} }, '"not"'],
    [{ type: 'array', uniqueItems: true }, '"uniqueItems"'],
    [{ type: 'number', multipleOf: 0.1 }, '"multipleOf"'],
    [{ type: 'object', patternProperties: { a: {} } }, '"patternProperties"'],
    [{ if: {}, then: {} }, '"if"'],
    [{ type: 'string', pattern: '(?=a)b' }, 'ahead'],
    [{ type: 'string', pattern: '(a)\\1' }, '\\1'],
    [{ type: 'string', format: 'duration' }, 'duration'],
    [{ $ref: 'https://example.com/schema' }, 'https://example.com/schema'],
    [{ $ref: '#/$defs/none' }, 'not there'],
    [{ $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' }, 'itself'],
    [{ oneOf: [{ type: 'string' }, { maxLength: 3 }] }, '"oneOf"'],
    [{ type: 'object', properties: { a: { type: 'thing' } } }, 'properties.a'],
    [{ type: 'object', required: ['a'], additionalProperties: false }, '"a"'],
    [{ allOf: [{ type: 'string' }, { type: 'null' }] }, 'two types'],
    [{ type: 'integer', minimum: 3, maximum: 2 }, 'no number'],
    [false as unknown as Record<string, unknown>, 'no value'],
  ])('is refused by name: %j', (schema, named) => {
    expect(() => jsonGrammarText(schema)).toThrowError(expect.objectContaining({ code: 'INPUT_UNSUPPORTED', message: expect.stringContaining(named) as string }));
  });

  it('is refused where a few lines ask for billions', () => {
    const doubling = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`a${index}`, { allOf: [{ $ref: `#/$defs/a${index + 1}` }, { $ref: `#/$defs/a${index + 1}` }] }]));
    const choices = { anyOf: Array.from({ length: 20 }, (_, index) => ({ properties: { [`p${index}`]: { type: 'null' } } })) };
    const lengths = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`p${index}`, { type: 'string', maxLength: 900 - index }]));
    for (const schema of [{ $defs: { ...doubling, a40: { type: 'null' } }, $ref: '#/$defs/a0' }, { allOf: [choices, choices, choices, choices] }, { type: 'object', properties: lengths }]) {
      expect(() => new TokenGrammar(jsonGrammarText(schema), bytes)).toThrowError(expect.objectContaining({ code: expect.stringMatching('INPUT_') as string }));
    }
  });

  it('is refused where it nests without end', () => {
    let schema: Record<string, unknown> = { type: 'null' };
    for (let depth = 0; depth < 200; depth++) schema = { type: 'array', items: schema };
    expect(() => jsonGrammarText(schema)).toThrowError(expect.objectContaining({ code: 'INPUT_UNSUPPORTED', message: expect.stringContaining('levels') as string }));
  });
});
