import type { GenerateRequest } from '@llmi/core';
import type { TemplateMessage } from '../template-messages.js';
import type { ToolSpec } from './tool-format.js';

export type Tools = NonNullable<GenerateRequest['tools']>;

/** What calls are read with. */
export function toolSpecs(tools: Tools): ToolSpec[] {
  return tools.map(({ function: { name, parameters } }) => ({ name, parameters: parameters ?? { type: 'object', properties: {} } }));
}

/** Whether a template has a place for tools. */
export function writesTools(template: string): boolean {
  return /\b(?:xml_)?tools\b/.test(template);
}

/**
 * Messages for a template that knows nothing of tools: they are described in the system text, or before the first message where there
 * is no place for one; calls and results become text.
 * Source of the words: the function calling format of Hermes, https://github.com/NousResearch/Hermes-Function-Calling
 */
export function describeTools(messages: readonly TemplateMessage[], tools: Tools, { takesSystem }: { takesSystem: boolean }): TemplateMessage[] {
  const described = [
    'You are a function calling AI model. You may call one or more of these functions to assist with the user query:',
    '<tools>',
    ...tools.map((tool) => JSON.stringify(tool)),
    '</tools>',
    'For each function call answer with a JSON object with its name and arguments and nothing else, within these tags:',
    '<tool_call>',
    '{"name": <function-name>, "arguments": <args-dict>}',
    '</tool_call>',
  ].join('\n');
  const rest = messages.map(asText);
  const [first] = rest;
  if (first && (first.role === 'system' || !takesSystem)) return [{ ...first, content: first.role === 'system' ? `${first.content ?? ''}\n\n${described}` : `${described}\n\n${first.content ?? ''}` }, ...rest.slice(1)];
  return [{ role: 'system', content: described }, ...rest];
}

function asText(message: TemplateMessage): TemplateMessage {
  const { role, content, tool_calls: calls } = message as TemplateMessage & { tool_calls?: { function: unknown }[] };
  if (role === 'tool') return { role: 'user', content: `<tool_response>\n${content ?? ''}\n</tool_response>` };
  if (!calls) return message;
  return { role, content: [content ?? '', ...calls.map((call) => `<tool_call>\n${JSON.stringify(call.function)}\n</tool_call>`)].filter((text) => text !== '').join('\n') };
}
