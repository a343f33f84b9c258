import { either, JsonSchemaRules, literal, type GrammarBuilder } from '@llmi/grammar';
import type { ToolSpec } from './tool-format.js';

/** Text up to a closing tag: what begins like one is left out. */
const plainText = '( [^<] | "<" [^/] )*';

type Write = (tool: ToolSpec, args: string, builder: GrammarBuilder) => string;

export const writeFunctionTags: Write = (tool, _, builder) =>
  `${literal(`<function=${tool.name}>\n`)} ${parameters(tool, builder, (name, value) => `${literal(`<parameter=${name}>\n`)} ${value} ${literal('\n</parameter>\n')}`)} "</function>"`;

export const writeArgumentTags: Write = (tool, _, builder) =>
  `${literal(`${tool.name}\n`)} ${parameters(tool, builder, (name, value) => `${literal(`<arg_key>${name}</arg_key>\n<arg_value>`)} ${value} ${literal('</arg_value>\n')}`)}`;

export const writeInvokeTags: Write = (tool, _, builder) =>
  `${literal(`<invoke name="${tool.name}">\n`)} ${parameters(tool, builder, (name, value) => `${literal(`<parameter name="${name}">`)} ${value} ${literal('</parameter>\n')}`)} "</invoke>"`;

export const writeDsmlTags: Write = (tool, _, builder) =>
  `${literal(`<｜DSML｜invoke name="${tool.name}">\n`)} ${parameters(tool, builder, (name, value, isText) => `${literal(`<｜DSML｜parameter name="${name}" string="${isText}">`)} ${value} ${literal('</｜DSML｜parameter>\n')}`)} ${literal('</｜DSML｜invoke>')}`;

/** The arguments in their order, those that are not required in or out. */
function parameters({ parameters: schema }: ToolSpec, builder: GrammarBuilder, tag: (name: string, value: string, isText: boolean) => string): string {
  const { properties = {}, required = [], $defs, definitions } = schema as { properties?: Record<string, Record<string, unknown>>; required?: string[]; $defs?: unknown; definitions?: unknown };
  const parts = Object.entries(properties).map(([name, property]) => {
    const isText = property.type === 'string';
    const isFree = isText && property.enum === undefined && property.const === undefined;
    const listed = isText && Array.isArray(property.enum) ? either(property.enum.map((value) => literal(String(value)))) : undefined;
    const value = isFree ? plainText : (listed ?? new JsonSchemaRules(builder, { $defs, definitions, ...property }, 'tools').document());
    const rule = builder.rule(`argument-${name}`, tag(name, value, isText));
    return required.includes(name) ? rule : `${rule}?`;
  });
  return parts.length === 0 ? '""' : parts.join(' ');
}
