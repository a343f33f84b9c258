import { fromWire, generateRequestSchema, LlmiError, type GenerateRequest } from '@llmi/core';
import { Option, type Command } from 'commander';
import { readFieldValue } from './field-value.js';
import { requestFields, type RequestField } from './request-fields.js';

const placeholders: Record<RequestField['kind']['type'], string> = {
  text: '<text>',
  number: '<number>',
  boolean: '',
  choice: '<choice>',
  loose: '<value>',
  json: '<json>',
  file: '<file>',
};

/** The short name of a list where it reads better given one at a time: `--text a --text b`. */
const aliases: Record<string, string> = { texts: '--text' };

const collect = (value: string, earlier: string[] = []) => [...earlier, value];

/** Gives a command one flag for each field of a request. */
export function addRequestFlags(command: Command): void {
  command.optionsGroup('Request fields (JSON also from a file, as @FILE):');
  for (const field of requestFields()) {
    const description = descriptionOf(field);
    if (field.kind.type === 'boolean') {
      command.addOption(new Option(field.flag, description)).addOption(new Option(`--no-${field.flag.slice(2)}`).hideHelp());
      continue;
    }
    const option = new Option(`${field.flag} ${placeholders[field.kind.type]}`, description);
    if (field.isList) option.argParser(collect);
    else if (field.kind.type === 'choice') option.choices(field.kind.choices);
    command.addOption(option);
    const alias = aliases[field.name];
    if (alias) command.addOption(new Option(`${alias} <text>`, `same as ${field.flag} (repeatable)`).argParser(collect));
  }
}

/** `Randomness of the choice of tokens ... (0 to 2)`: a choice is listed by commander itself. */
function descriptionOf({ flag, kind, isList, description, limits }: RequestField): string {
  const notes = [limits, kind.type === 'boolean' ? `or --no-${flag.slice(2)}` : '', isList ? 'repeatable' : ''].filter((note) => note !== '');
  return notes.length > 0 ? `${description} (${notes.join(', ')})` : description;
}

/** `--max-tokens` as commander names it among the options: `maxTokens`. */
const optionName = (flag: string) => flag.slice(2).replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/**
 * The request that the flags of a command line spell, checked.
 * @throws {LlmiError} USAGE, INPUT_INVALID that name the flag
 */
export async function requestFromOptions(options: Record<string, unknown>, operands: { prompt?: string }, cwd: string): Promise<GenerateRequest> {
  const body: Record<string, unknown> = operands.prompt === undefined ? {} : { prompt: operands.prompt };
  for (const field of requestFields()) {
    const alias = aliases[field.name];
    const given = [options[optionName(field.flag)], ...(alias ? [options[optionName(alias)]] : [])].filter((value) => value !== undefined);
    if (given.length === 0) continue;
    body[field.wireName] = await readFieldValue(field, field.isList ? (given.flat() as string[]) : (given[0] as string | boolean), cwd);
  }
  return parseRequest(body, (name) => requestFields().find((field) => field.wireName === name)?.flag ?? name);
}

/** Checks a request whose fields the person knows by another name: `display` gives it. */
export function parseRequest(body: Record<string, unknown>, display: (wireName: string) => string): GenerateRequest {
  try {
    return fromWire(generateRequestSchema, body);
  } catch (error) {
    if (!LlmiError.is(error) || error.param === undefined) throw error;
    const [, name = '', rest = ''] = /^([a-z0-9_]+)(.*)$/.exec(error.param) ?? [];
    const shown = `${display(name)}${rest}`;
    throw new LlmiError(error.code, {
      message: error.message.replace(/^Field "[^"]*"/, shown),
      hint: `"llmi help run" lists the flags of a request.`,
      param: error.param,
      cause: error,
    });
  }
}
