import { literal } from '@llmi/grammar';
import { enclosed, json, listFormat, named, withoutFence } from './format-parts.js';
import { jsonCalls, readArguments, startsLikeCall } from './json-calls.js';
import { pythonCalls } from './python-calls.js';
import { argumentTags, functionTags, gemmaCalls, invokeTags, taggedCalls } from './tagged-calls.js';
import { writeArgumentTags, writeDsmlTags, writeFunctionTags, writeInvokeTags } from './tagged-grammar.js';
import type { ToolFormat } from './tool-format.js';

/** Everything that Qwen, Hermes, GLM and their relatives put between the same two tags. */
const toolCallTags = { opens: ['<tool_call>'], closes: ['</tool_call>'], between: literal('\n') };
const readToolCall: ToolFormat['read'] = (block, tools) =>
  block.includes('<function=') ? taggedCalls(block, functionTags, tools) : (jsonCalls(block, tools) ?? taggedCalls(block, argumentTags, tools));

/** Known ways of writing calls; the first that fits a template is taken, so the more special ones come first. */
export const toolFormats: readonly ToolFormat[] = [
  {
    name: 'deepseek', // V3, R1 and V3.1
    fits: (template) => template.includes('<｜tool▁calls▁begin｜>'),
    opens: ['<｜tool▁call▁begin｜>'],
    closes: ['<｜tool▁call▁end｜>'],
    noise: ['<｜tool▁calls▁begin｜>', '<｜tool▁calls▁end｜>'],
    read: (block, tools) => {
      const fenced = /^\s*function<｜tool▁sep｜>([^\n]+)\n```json\n([\s\S]*?)\n?```\s*$/.exec(block);
      const [, name = '', text = ''] = fenced ?? /^([\s\S]*?)<｜tool▁sep｜>([\s\S]*)$/.exec(block) ?? [];
      const args = readArguments(text);
      return args !== undefined && tools.some((tool) => tool.name === name.trim()) ? [{ name: name.trim(), arguments: args }] : undefined;
    },
    before: literal('<｜tool▁calls▁begin｜>'),
    write: (tool, args) => `${literal(`<｜tool▁call▁begin｜>${tool.name}<｜tool▁sep｜>`)} ${args} ${literal('<｜tool▁call▁end｜>')}`,
    after: literal('<｜tool▁calls▁end｜>'),
  },
  {
    name: 'deepseek-dsml', // V3.2 and V4
    fits: (template) => template.includes('｜DSML｜'),
    opens: ['<｜DSML｜function_calls>'],
    closes: ['</｜DSML｜function_calls>'],
    read: (block, tools) => taggedCalls(block.replaceAll('｜DSML｜', '').replace(/ string="(?:true|false)"/g, ''), invokeTags, tools),
    before: literal('<｜DSML｜function_calls>\n'),
    write: writeDsmlTags,
    between: literal('\n'),
    after: literal('\n</｜DSML｜function_calls>'),
  },
  {
    name: 'kimi-k2',
    fits: (template) => template.includes('<|tool_calls_section_begin|>'),
    opens: ['<|tool_call_begin|>'],
    closes: ['<|tool_call_end|>'],
    noise: ['<|tool_calls_section_begin|>', '<|tool_calls_section_end|>'],
    read: (block, tools) => {
      const [, id = '', text = ''] = /^\s*(\S+)\s*<\|tool_call_argument_begin\|>([\s\S]*)$/.exec(block) ?? [];
      const name = id.replace(/^functions\./, '').replace(/:\d+$/, '');
      const args = readArguments(text);
      return args !== undefined && tools.some((tool) => tool.name === name) ? [{ name, arguments: args, id }] : undefined;
    },
    before: literal('<|tool_calls_section_begin|>'),
    write: (tool, args) => `${literal(`<|tool_call_begin|>functions.${tool.name}:`)} [0-9] ${literal('<|tool_call_argument_begin|>')} ${args} ${literal('<|tool_call_end|>')}`,
    after: literal('<|tool_calls_section_end|>'),
  },
  {
    name: 'command-a', // Command R7B, Command A
    fits: (template) => template.includes('<|START_ACTION|>'),
    opens: ['<|START_ACTION|>'],
    closes: ['<|END_ACTION|>'],
    noise: ['<|START_RESPONSE|>', '<|END_RESPONSE|>', '<|START_TEXT|>', '<|END_TEXT|>'],
    read: jsonCalls,
    before: literal('<|START_ACTION|>['),
    write: (tool, args) => `${literal('{"tool_call_id": "')} [0-9] ${literal(`", "tool_name": ${JSON.stringify(tool.name)}, "parameters": `)} ${args} "}"`,
    between: literal(', '),
    after: literal(']<|END_ACTION|>'),
  },
  {
    name: 'command-r',
    fits: (template) => /Action:\s*```json/.test(template) || template.includes("'Action:'") || template.includes('"tool_name": title of the tool'),
    opens: ['Action: ```json', 'Action:```json'],
    closes: ['```'],
    read: jsonCalls,
    before: literal('Action: ```json\n['),
    write: json('tool_name', 'parameters'),
    between: literal(', '),
    after: literal(']\n```'),
  },
  {
    name: 'minimax-m2',
    fits: (template) => template.includes('minimax:tool_call'),
    opens: ['<minimax:tool_call>'],
    closes: ['</minimax:tool_call>'],
    read: (block, tools) => taggedCalls(block, invokeTags, tools),
    before: literal('<minimax:tool_call>\n'),
    write: writeInvokeTags,
    between: literal('\n'),
    after: literal('\n</minimax:tool_call>'),
  },
  {
    name: 'seed-oss',
    fits: (template) => template.includes('<seed:tool_call>') || template.includes("'seed:tool_call'"),
    opens: ['<seed:tool_call>'],
    closes: ['</seed:tool_call>'],
    read: (block, tools) => taggedCalls(block, functionTags, tools),
    write: enclosed('<seed:tool_call>\n', '\n</seed:tool_call>', writeFunctionTags),
    between: literal('\n'),
  },
  {
    name: 'gemma4',
    fits: (template) => template.includes('<|tool_call>') && template.includes('<tool_call|>'),
    opens: ['<|tool_call>'],
    closes: ['<tool_call|>'],
    noise: ['<|"|>'],
    read: (block, tools) => gemmaCalls(block, '<|"|>', tools) ?? gemmaCalls(block, '"', tools),
    write: (tool, args) => `${literal(`<|tool_call>call:${tool.name}`)} ${args} ${literal('<tool_call|>')}`,
  },
  {
    name: 'function-gemma',
    fits: (template) => template.includes('<start_function_call>'),
    opens: ['<start_function_call>'],
    closes: ['<end_function_call>'],
    read: (block, tools) => gemmaCalls(block, '<escape>', tools) ?? gemmaCalls(block, '"', tools),
    write: (tool, args) => `${literal(`<start_function_call>call:${tool.name}`)} ${args} ${literal('<end_function_call>')}`,
  },
  {
    name: 'functionary-v3.2',
    fits: (template) => template.includes('>>>all') || template.includes("'>>>'"),
    opens: ['>>>'],
    closes: ['>>>'],
    noise: ['>>>all\n'],
    promptEnd: '>>>',
    read: (block, tools) => named(block, /^([\w.-]+)(\n)([\s\S]*)$/, tools),
    write: (tool, args) => `${literal(`${tool.name}\n`)} ${args}`,
    between: literal('\n>>>'),
  },
  {
    name: 'functionary-v3.1', // and Llama 3.1 with the same prompt
    fits: (template) => template.includes('<function=') && !template.includes('<parameter=') && !template.includes('<tool_call>'),
    opens: ['<function='],
    closes: ['</function>'],
    read: (block, tools) => named(block, /^([^>]+)(>)([\s\S]*)$/, tools),
    write: (tool, args) => `${literal(`<function=${tool.name}>`)} ${args} ${literal('</function>')}`,
    between: literal('\n'),
  },
  {
    name: 'mistral-args', // Mistral Small 3.2, Devstral, Magistral
    fits: (template) => template.includes('[TOOL_CALLS]') && template.includes('[ARGS]'),
    opens: ['[TOOL_CALLS]'],
    closes: ['[TOOL_CALLS]'],
    read: (block, tools) => jsonCalls(block, tools) ?? named(block, /^\s*([\w.-]+)(\s*(?:\[CALL_ID\][^[]*)?(?:\[ARGS\])?\s*)(\{[\s\S]*)$/, tools),
    write: (tool, args) => `${literal(`[TOOL_CALLS]${tool.name}[ARGS]`)} ${args}`,
    idStyle: 'nine',
  },
  {
    name: 'mistral',
    fits: (template) => template.includes('[TOOL_CALLS]'),
    opens: ['[TOOL_CALLS]'],
    closes: ['[TOOL_CALLS]'],
    read: (block, tools) => jsonCalls(block, tools) ?? named(block, /^\s*([\w.-]+)(\s*(?:\[ARGS\])?\s*)(\{[\s\S]*)$/, tools),
    before: literal('[TOOL_CALLS][') ,
    write: json('name', 'arguments'),
    between: literal(', '),
    after: literal(']'),
    idStyle: 'nine',
  },
  {
    name: 'phi4',
    fits: (template) => template.includes('<|tool_call|>') && template.includes('<|/tool_call|>'),
    opens: ['<|tool_call|>'],
    closes: ['<|/tool_call|>'],
    read: jsonCalls,
    before: literal('<|tool_call|>['),
    write: json('name', 'arguments'),
    between: literal(', '),
    after: literal(']<|/tool_call|>'),
  },
  {
    name: 'granite',
    fits: (template) => template.includes('<|tool_call|>'),
    opens: ['<|tool_call|>', '<tool_call>'],
    closes: ['</tool_call>'],
    read: jsonCalls,
    before: literal('<|tool_call|>['),
    write: json('name', 'arguments'),
    between: literal(', '),
    after: literal(']'),
  },
  listFormat('lfm2', /<\|tool_call_start\|>|<\|tool_list_start\|>/, '<|tool_call_start|>', '<|tool_call_end|>'),
  listFormat('nemotron-v2', /<TOOLCALL>/, '<TOOLCALL>', '</TOOLCALL>'),
  listFormat('tool-calls', /<tool_calls>/, '<tool_calls>', '</tool_calls>'), // Apriel, MiniMax M1
  listFormat('functools', /functools\[/, 'functools', undefined), // Firefunction
  { name: 'qwen-coder', ...toolCallTags, fits: (template) => template.includes('<tool_call>') && template.includes('<function='), read: readToolCall, write: enclosed('<tool_call>\n', '\n</tool_call>', writeFunctionTags) },
  { name: 'glm', ...toolCallTags, fits: (template) => template.includes('<tool_call>') && template.includes('<arg_key>'), read: readToolCall, write: enclosed('<tool_call>', '</tool_call>', writeArgumentTags) },
  { name: 'hermes', ...toolCallTags, fits: (template) => template.includes('<tool_call>'), read: readToolCall, write: enclosed('<tool_call>\n', '\n</tool_call>', json('name', 'arguments')) },
  {
    name: 'llama3',
    fits: (template) => template.includes('<|python_tag|>') || (/"parameters"\s*:/.test(template) && /<\|start_header_id\|>|<\|eot_id\|>|<\|header_start\|>/.test(template)),
    opens: ['<|python_tag|>'],
    closes: [],
    startsBare: startsLikeCall,
    read: (block, tools) => jsonCalls(withoutFence(block), tools) ?? pythonCalls(block.trim(), tools),
    write: json('name', 'parameters'),
    between: literal('; '),
  },
  {
    name: 'python', // Gemma 3, Llama 4
    fits: (template) => template.includes('tool_code'),
    opens: ['```tool_code'],
    closes: ['```'],
    startsBare: startsLikeCall,
    read: (block, tools) => pythonCalls(block.trim(), tools) ?? jsonCalls(withoutFence(block), tools),
    write: json('name', 'parameters'),
    between: literal('\n'),
  },
];

/** For templates that write tools in no known way: one JSON object for each call. */
export const genericFormat: ToolFormat = {
  name: 'json',
  fits: () => true,
  opens: ['<tool_call>'],
  closes: ['</tool_call>'],
  startsBare: startsLikeCall,
  read: (block, tools) => jsonCalls(withoutFence(block), tools) ?? readToolCall(block, tools),
  write: json('name', 'arguments'),
  between: literal('\n'),
};

/** How a model with this template writes calls. */
export function toolFormat(template: string): ToolFormat {
  return toolFormats.find((format) => format.fits(template)) ?? genericFormat;
}
