import { characterClass, plainCharacters, single, without } from '../gbnf/character-ranges.js';
import { either, literal, repeat, type GrammarBuilder } from '../gbnf/grammar-builder.js';
import { anyString, character } from './json-values.js';
import { patternGrammar, PatternProblem } from './pattern.js';

const twoDigits = (tens: string, ones: string) => `[${tens}] [${ones}]`;
const date = `[0-9]{4,4} "-" ${either([
  `( "0" [13578] | "10" | "12" ) "-" ${either(['"0" [1-9]', twoDigits('12', '0-9'), '"3" [01]'])}`,
  `( "0" [469] | "11" ) "-" ${either(['"0" [1-9]', twoDigits('12', '0-9'), '"30"'])}`,
  `"02-" ${either(['"0" [1-9]', '"1" [0-9]', '"2" [0-8]'])}`, // the 29th is not one of every year
])}`;
const hour = '( [01] [0-9] | "2" [0-3] )';
const time = `${hour} ":" [0-5] [0-9] ":" [0-5] [0-9] ( "." [0-9]{1,6} )? ( "Z" | [+-] ${hour} ":" [0-5] [0-9] )`;
const byte = '( "25" [0-5] | "2" [0-4] [0-9] | "1" [0-9] [0-9] | [1-9]? [0-9] )';
const label = '[a-z0-9] ( [a-z0-9-]{0,20} [a-z0-9] )?';
const host = `( ${label} "." ){1,4} [a-z]{2,10}`;

/** Formats of JSON schema that can be enforced, as far as RFC 3339, RFC 4122 and their like go. */
export const formats: Readonly<Record<string, string>> = {
  date,
  time,
  'date-time': `${date} "T" ${time}`,
  uuid: ['8', '4', '4', '4', '12'].map((count) => `[0-9a-f]{${count},${count}}`).join(' "-" '),
  ipv4: `${byte} "." ${byte} "." ${byte} "." ${byte}`,
  email: `[a-z0-9] [a-z0-9_+-]{0,30} ( "." [a-z0-9_+-]{1,30} )? "@" ${host}`,
  hostname: host,
  uri: `"http" "s"? "://" ${host} ( "/" [A-Za-z0-9._~-]{0,30} ){0,6}`,
};

/** Formats that validators check and this grammar does not. */
const unenforced = new Set(['duration', 'idn-email', 'idn-hostname', 'ipv6', 'uri-reference', 'iri', 'iri-reference', 'uri-template', 'json-pointer', 'relative-json-pointer', 'regex']);

/** A JSON string as a schema describes it. `problem` is told what cannot be enforced. */
export function stringRule(builder: GrammarBuilder, schema: Record<string, unknown>, problem: (text: string) => Error): string {
  const { minLength, maxLength, pattern, format } = schema as { minLength?: number; maxLength?: number; pattern?: string; format?: string };
  if (format !== undefined && unenforced.has(format)) throw problem(`has format "${format}"; ${Object.keys(formats).join(', ')} can be enforced`);
  const known = format === undefined ? undefined : formats[format];
  if (known !== undefined) {
    if (minLength !== undefined || maxLength !== undefined || pattern !== undefined) throw problem(`has format "${format}" and also a length or a pattern`);
    return builder.rule(`format-${format}`, `"\\"" ${known} "\\""`);
  }
  if (pattern !== undefined) return builder.rule('pattern', `"\\"" ${patternBody(pattern, minLength, maxLength, problem)} "\\""`);
  if (minLength === undefined && maxLength === undefined) return anyString(builder);
  if (maxLength !== undefined && maxLength < (minLength ?? 0)) throw problem('has a "maxLength" below its "minLength"');
  return builder.rule('string', `"\\"" ${repeat(character(builder), minLength ?? 0, maxLength)} "\\""`);
}

function patternBody(pattern: string, minLength = 0, maxLength = Infinity, problem: (text: string) => Error): string {
  try {
    const { expression, least, most } = patternGrammar(pattern);
    if (least < minLength || most > maxLength) throw problem('has a "pattern" and a length that the pattern does not bound itself');
    return expression;
  } catch (error) {
    if (error instanceof PatternProblem) throw problem(`has a "pattern" that ${error.message}`);
    throw error;
  }
}

/** A key that is none of `names`: what additional properties are called. Without escapes, so that no name has a second spelling. */
export function otherKey(builder: GrammarBuilder, names: readonly string[]): string {
  const plain = names.filter((name) => ![...name].some((one) => one === '"' || one === '\\' || one < ' ' || one === '\x7f'));
  const rest = builder.rule('key-rest', `${characterClass(plainCharacters)}{0,${longestKey}} "\\""`);
  return builder.rule('other-key', `"\\"" ${outside(plain.map((name) => [...name]), rest)}`);
}

/** A name without end is none. */
const longestKey = 120;

/** The rest of a key, quote included, that is none of `names`. */
function outside(names: readonly (readonly string[])[], rest: string): string {
  const byFirst = new Map<string, (readonly string[])[]>();
  for (const [first, ...after] of names) if (first !== undefined) byFirst.set(first, [...(byFirst.get(first) ?? []), after]);
  const isName = names.some((name) => name.length === 0);
  return either([
    ...(isName ? [] : ['"\\""']),
    `${characterClass(without(plainCharacters, [...byFirst.keys()].map(single)))} ${rest}`,
    ...[...byFirst].map(([first, ends]) => `${literal(first)} ${outside(ends, rest)}`),
  ]);
}
