import { describe, expect, it } from 'vitest';
import { dialectOf, makeReader } from '../output/dialect.js';
import type { OutputPart } from '../output/parts.js';
import type { ToolSpec } from './tool-format.js';
import { toolFormat } from './formats.js';

const tools: ToolSpec[] = [
  { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } } } },
  { name: 'get_time', parameters: { type: 'object', properties: { zone: { type: 'string' } } } },
];
const rome = { name: 'get_weather', arguments: { city: 'Rome', days: 2 } };
const zone = { name: 'get_time', arguments: { zone: 'CET' } };

/** By family: words of its templates, the end of its prompts, what a model writes, the calls in it. */
const samples: [family: string, template: string, prompt: string, written: string, calls: object[]][] = [
  ['hermes', 'tools <tool_call>', '', '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Rome", "days": 2}}\n</tool_call>\n<tool_call>\n{"name": "get_time", "arguments": {"zone": "CET"}}\n</tool_call>', [rome, zone]],
  ['qwen-coder', '<tool_call><function=', '', '<tool_call>\n<function=get_weather>\n<parameter=city>\nRome\n</parameter>\n<parameter=days>\n2\n</parameter>\n</function>\n</tool_call>', [rome]],
  ['glm', '<tool_call><arg_key>', '', '<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>Rome</arg_value>\n<arg_key>days</arg_key>\n<arg_value>2</arg_value>\n</tool_call>', [rome]],
  ['seed-oss', '<seed:tool_call>', '', '<seed:tool_call>\n<function=get_weather>\n<parameter=city>Rome</parameter>\n<parameter=days>2</parameter>\n</function>\n</seed:tool_call>', [rome]],
  ['llama3', '<|python_tag|>', '', '{"name": "get_weather", "parameters": {"city": "Rome", "days": 2}}', [rome]],
  ['llama3', '<|python_tag|>', '', '<|python_tag|>{"name": "get_weather", "parameters": {"city": "Rome", "days": 2}}; {"name": "get_time", "parameters": {"zone": "CET"}}', [rome, zone]],
  ['llama3', '<|python_tag|>', '', '<|python_tag|>get_weather.call(city="Rome", days=2)', [rome]],
  ['mistral', '[TOOL_CALLS]', '', '[TOOL_CALLS] [{"name": "get_weather", "arguments": {"city": "Rome", "days": 2}}, {"name": "get_time", "arguments": {"zone": "CET"}}]', [rome, zone]],
  ['mistral-args', '[TOOL_CALLS] [ARGS]', '', '[TOOL_CALLS]get_weather[ARGS]{"city": "Rome", "days": 2}[TOOL_CALLS]get_time[CALL_ID]abc[ARGS]{"zone": "CET"}', [rome, zone]],
  ['functionary-v3.1', '<function=', '', '<function=get_weather>{"city": "Rome", "days": 2}</function><function=get_time>{"zone": "CET"}</function>', [rome, zone]],
  ['functionary-v3.2', '>>>all', '<|im_start|>assistant\n>>>', 'get_weather\n{"city": "Rome", "days": 2}\n>>>get_time\n{"zone": "CET"}', [rome, zone]],
  ['deepseek', '<｜tool▁calls▁begin｜>', '', '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n{"city": "Rome", "days": 2}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>', [rome]],
  ['deepseek', '<｜tool▁calls▁begin｜>', '', '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{"city": "Rome", "days": 2}<｜tool▁call▁end｜><｜tool▁call▁begin｜>get_time<｜tool▁sep｜>{"zone": "CET"}<｜tool▁call▁end｜><｜tool▁calls▁end｜>', [rome, zone]],
  ['command-r', 'Action: ```json', '', 'Action: ```json\n[{"tool_name": "get_weather", "parameters": {"city": "Rome", "days": 2}}]\n```', [rome]],
  ['command-a', '<|START_ACTION|>', '', '<|START_ACTION|>[{"tool_call_id": "0", "tool_name": "get_weather", "parameters": {"city": "Rome", "days": 2}}]<|END_ACTION|>', [rome]],
  ['python', 'tool_code', '', '```tool_code\nprint(get_weather(city="Rome", days=2))\n```', [rome]],
  ['python', 'tool_code', '', '```json\n{"name": "get_weather", "parameters": {"city": "Rome", "days": 2}}\n```', [rome]],
  ['function-gemma', '<start_function_call>', '', '<start_function_call>call:get_weather{city:<escape>Rome<escape>,days:2}<end_function_call>', [rome]],
  ['gemma4', '<|tool_call> <tool_call|>', '', '<|tool_call>call:get_weather{city:<|"|>Rome<|"|>,days:2}<tool_call|>', [rome]],
  ['kimi-k2', '<|tool_calls_section_begin|>', '', '<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>{"city": "Rome", "days": 2}<|tool_call_end|><|tool_calls_section_end|>', [rome]],
  ['minimax-m2', 'minimax:tool_call', '', '<minimax:tool_call>\n<invoke name="get_weather">\n<parameter name="city">Rome</parameter>\n<parameter name="days">2</parameter>\n</invoke>\n</minimax:tool_call>', [rome]],
  ['deepseek-dsml', '｜DSML｜', '', '<｜DSML｜function_calls>\n<｜DSML｜invoke name="get_weather">\n<｜DSML｜parameter name="city" string="true">Rome</｜DSML｜parameter>\n<｜DSML｜parameter name="days" string="false">2</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜function_calls>', [rome]],
  ['lfm2', '<|tool_call_start|>', '', '<|tool_call_start|>[get_weather(city="Rome", days=2), get_time(zone=\'CET\')]<|tool_call_end|>', [rome, zone]],
  ['nemotron-v2', '<TOOLCALL>', '', '<TOOLCALL>[{"name": "get_weather", "arguments": {"city": "Rome", "days": 2}}]</TOOLCALL>', [rome]],
  ['tool-calls', '<tool_calls>', '', '<tool_calls>\n{"name": "get_weather", "arguments": {"city": "Rome", "days": 2}}\n{"name": "get_time", "arguments": {"zone": "CET"}}\n</tool_calls>', [rome, zone]],
  ['functools', 'functools[', '', ' functools[{"name": "get_weather", "arguments": {"city": "Rome", "days": 2}}]', [rome]],
  ['phi4', '<|tool_call|><|/tool_call|>', '', '<|tool_call|>[{"name": "get_weather", "arguments": {"city": "Rome", "days": 2}}]<|/tool_call|>', [rome]],
  ['granite', '<|tool_call|>', '', '<|tool_call|>[{"name": "get_weather", "arguments": {"city": "Rome", "days": 2}}]', [rome]],
  ['json', 'tools', '', '{"name": "get_weather", "arguments": "{\\"city\\": \\"Rome\\", \\"days\\": 2}"}', [rome]],
  ['json', 'tools', '', '<tool_call>{"type": "function", "function": {"name": "get_time", "arguments": {"zone": "CET"}}}</tool_call>', [zone]],
  ['json', '<|channel|> analysis', '<|start|>assistant', '<|channel|>analysis<|message|>They ask for it.<|end|><|start|>assistant<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{"city": "Rome", "days": 2}', [rome]],
  ['json', '<|channel|> analysis', '<|start|>assistant', ' to=functions.get_time<|channel|>commentary json<|message|>{"zone": "CET"}<|call|>', [zone]],
];

function read(template: string, prompt: string, pieces: Iterable<string>, specs: readonly ToolSpec[] | null = tools): OutputPart[] {
  const reader = makeReader(dialectOf(template), { specs: specs ?? undefined, prompt });
  const parts: OutputPart[] = [];
  for (const piece of pieces) parts.push(...reader.push(piece));
  return [...parts, ...reader.end()];
}
const callsOf = (parts: OutputPart[]) => parts.flatMap((part) => (part.type === 'call' ? [{ name: part.call.name, arguments: JSON.parse(part.call.arguments) as unknown }] : []));
const textOf = (parts: OutputPart[], type: 'text' | 'reasoning' = 'text') => parts.map((part) => (part.type === type ? part.text : '')).join('');

describe('calls in the format of a family', () => {
  it.each(samples)('%s %s: %s%s', (family, template, prompt, written, calls) => {
    expect(toolFormat(template).name).toBe(family);
    for (const pieces of [[written], [...written]]) {
      const parts = read(template, prompt, pieces);
      expect(callsOf(parts)).toEqual(calls);
      expect(textOf(parts).trim()).toBe('');
    }
  });

  it.each(samples.filter(([family]) => !['functionary-v3.2'].includes(family)))('%s %s: are text without tools, or when the tool is not known', (_, template, prompt, written) => {
    const unknown = [{ name: 'other', parameters: {} }];
    for (const specs of [null, unknown]) {
      const parts = read(template, prompt, [...written], specs);
      expect(callsOf(parts)).toEqual([]);
      expect(textOf(parts)).toContain(/Rome|CET/.exec(written)![0]);
    }
  });

  it.each([
    ['<tool_call>\n{"name": "get_weather", "arguments": {"city"\n</tool_call> sorry', 'tools <tool_call>'],
    ['<tool_call>\n{"name": "get_weather"', 'tools <tool_call>'],
    ['[TOOL_CALLS] [{"name": "get_weather", "arguments": [1]}]', '[TOOL_CALLS]'],
    ['{"name": "get_weather", "parameters": {"city": ', '<|python_tag|>'],
    ['{"name": "Rome", "population": 2}', '<|python_tag|>'],
    ['<|python_tag|>print(__import__("os"))', '<|python_tag|>'],
    ['>>> quotes >>> in text', 'tools <tool_call>'],
  ])('that are none are not lost: %s', (written, template) => {
    for (const pieces of [[written], [...written]]) {
      const parts = read(template, '', pieces);
      expect(callsOf(parts)).toEqual([]);
      expect(textOf(parts)).toBe(written);
    }
  });

  it('stand beside text, which is told at once', () => {
    const reader = makeReader(dialectOf('tools <tool_call>'), { specs: tools, prompt: '' });
    expect(reader.push('Let me look.\n<tool')).toEqual([{ type: 'text', text: 'Let me look.' }]);
    expect(reader.push('_call>{"name": "get_time"}')).toEqual([]);
    expect(reader.push('</tool_call>')).toEqual([{ type: 'call', call: { name: 'get_time', arguments: '{}' } }]);
    expect(reader.push('\nDone')).toEqual([{ type: 'text', text: 'Done' }]);
  });

  it('are told from JSON that is an answer', () => {
    const reader = makeReader(dialectOf('<|python_tag|>'), { specs: tools, prompt: '' });
    expect(reader.push('{"')).toEqual([]);
    expect(textOf(reader.push('capital": "Rome"}'))).toBe('{"capital": "Rome"}');
  });
});

describe('thinking', () => {
  const cases: [template: string, prompt: string, written: string, reasoning: string, text: string][] = [
    ['<think>', '', '<think>\nLet me see.\n</think>\n\nFour.', 'Let me see.', 'Four.'],
    ['<think>', '<|im_start|>assistant\n<think>\n', 'Let me see.\n</think>\n\nFour.', 'Let me see.', 'Four.'],
    ['<think>', '<think>\n\n</think>\n\n', 'Four.', '', 'Four.'],
    ['<think>', '', 'Four.</think> Five.', '', 'Four. Five.'],
    ['[THINK]', '', '[THINK]Hm[/THINK]Four.', 'Hm', 'Four.'],
    ['<seed:think>', '', '<seed:think>Hm</seed:think>Four.', 'Hm', 'Four.'],
    ['<|START_THINKING|>', '', '<|START_THINKING|>Hm<|END_THINKING|><|START_RESPONSE|>Four.<|END_RESPONSE|>', 'Hm', 'Four.'],
    ['<|channel|> analysis', '<|start|>assistant', '<|channel|>analysis<|message|>Hm<|end|><|start|>assistant<|channel|>final<|message|>Four.', 'Hm', 'Four.'],
    ['<|channel|> analysis', '<|start|>assistant<|channel|>final<|message|>', 'Four.', '', 'Four.'],
    ['<think>', '', '<think>no end', 'no end', ''],
    ['nothing', '', '<think>Hm</think>Four.', '', '<think>Hm</think>Four.'],
  ];
  it.each(cases)('%s %s%s', (template, prompt, written, reasoning, text) => {
    for (const pieces of [[written], [...written]]) {
      const parts = read(template, prompt, pieces, null);
      expect([textOf(parts, 'reasoning'), textOf(parts)]).toEqual([reasoning, text]);
    }
  });

  it('comes before calls, and a call ends it', () => {
    const parts = read('<think> <tool_call>', '', ['<think>Hm<tool_call>{"name": "get_time", "arguments": {}}</tool_call>']);
    expect(parts.map(({ type }) => type)).toEqual(['reasoning', 'call']);
  });
});
