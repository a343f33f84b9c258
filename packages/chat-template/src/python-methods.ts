import { pythonText, type Value } from './python-text.js';

type Plain = string | number | boolean | null | undefined;

/** Methods of Python's str that the library lacks, or has without their arguments. */
export const stringMethods: Readonly<Record<string, (text: string, args: readonly Value[]) => Plain | Plain[]>> = {
  strip: (text, [characters]) => stripEnd(stripStart(text, characters), characters),
  lstrip: (text, [characters]) => stripStart(text, characters),
  rstrip: (text, [characters]) => stripEnd(text, characters),
  removeprefix: (text, [prefix]) => (prefix && text.startsWith(pythonText(prefix)) ? text.slice(pythonText(prefix).length) : text),
  removesuffix: (text, [suffix]) => (suffix && pythonText(suffix) !== '' && text.endsWith(pythonText(suffix)) ? text.slice(0, -pythonText(suffix).length) : text),
  find: (text, [part]) => text.indexOf(pythonText(part!)),
  rfind: (text, [part]) => text.lastIndexOf(pythonText(part!)),
  count: (text, [part]) => (pythonText(part!) === '' ? [...text].length + 1 : text.split(pythonText(part!)).length - 1),
  isdigit: (text) => /^\p{Nd}+$/u.test(text),
  isalpha: (text) => /^\p{L}+$/u.test(text),
  isspace: (text) => /^\s+$/.test(text),
  splitlines: (text) => text.replace(/\r?\n$/, '').split(/\r\n|\r|\n/).filter((line, index, all) => line !== '' || all.length > 1),
  rsplit: (text, [separator, most]) => splitFromEnd(text, separator, most),
  format: (text, args) => formatText(text, args),
};

function stripStart(text: string, characters: Value | undefined): string {
  if (!isText(characters)) return text.trimStart();
  let start = 0;
  while (start < text.length && (characters.value as string).includes(text[start]!)) start++;
  return text.slice(start);
}

function stripEnd(text: string, characters: Value | undefined): string {
  if (!isText(characters)) return text.trimEnd();
  let end = text.length;
  while (end > 0 && (characters.value as string).includes(text[end - 1]!)) end--;
  return text.slice(0, end);
}

function isText(value: Value | undefined): value is Value {
  return value?.type === 'StringValue';
}

function splitFromEnd(text: string, separator: Value | undefined, most: Value | undefined): string[] {
  const parts = isText(separator) ? text.split(separator.value as string) : text.trim().split(/\s+/);
  const limit = most?.type === 'IntegerValue' ? (most.value as number) : -1;
  if (limit < 0 || parts.length <= limit + 1) return parts;
  const glue = isText(separator) ? (separator.value as string) : ' ';
  return [parts.slice(0, parts.length - limit).join(glue), ...parts.slice(parts.length - limit)];
}

/** `{}`, `{0}` and `{name}` of str.format. */
function formatText(text: string, args: readonly Value[]): string {
  const named = args.find(({ type }) => type === 'KeywordArgumentsValue')?.value as Map<string, Value> | undefined;
  let next = 0;
  return text.replace(/\{\{|\}\}|\{(\w*)\}/g, (whole, name: string | undefined) => {
    if (name === undefined) return whole[0]!;
    const value = name === '' ? args[next++] : (named?.get(name) ?? args[Number(name)]);
    if (!value) throw new Error(`format() has no value for "${whole}"`);
    return pythonText(value);
  });
}

/** Filters whose result is text or a number, of any value: as Python makes a text of it first. */
export const textFilters: Readonly<Record<string, (text: string) => string>> = {
  string: (text) => text,
  trim: (text) => text.trim(),
  upper: (text) => text.toUpperCase(),
  lower: (text) => text.toLowerCase(),
  capitalize: (text) => text.charAt(0).toUpperCase() + text.slice(1).toLowerCase(),
};

/** Filters that take None for an empty list. */
export const listFilters = new Set(['selectattr', 'rejectattr', 'select', 'reject', 'map']);
