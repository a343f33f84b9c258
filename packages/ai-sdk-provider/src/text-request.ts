import type { LanguageModelV4CallOptions, SharedV4Warning } from '@ai-sdk/provider';
import type { GenerateRequest } from '@llmi/client';
import { messagesOf } from './prompt.js';
import { ownOptions } from './own-options.js';

/** A call of the AI SDK as a request of llmi, and what of it llmi does not have. */
export function textRequest(model: string, options: LanguageModelV4CallOptions): { request: GenerateRequest; warnings: SharedV4Warning[] } {
  const warnings: SharedV4Warning[] = [];
  const { maxOutputTokens: maxTokens, temperature, topP, topK, presencePenalty, frequencyPenalty, seed, stopSequences } = options;
  const settings = { maxTokens, temperature, topP, topK, presencePenalty, frequencyPenalty, seed, stopSequences };
  const request: GenerateRequest = {
    model,
    messages: messagesOf(options.prompt),
    ...Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)),
    ...formatOf(options.responseFormat),
    ...toolsOf(options, warnings),
    ...reasoningOf(options.reasoning, warnings),
    ...ownOptions(options.providerOptions),
  };
  return { request, warnings };
}

function formatOf(format: LanguageModelV4CallOptions['responseFormat']): GenerateRequest {
  if (format?.type !== 'json') return {};
  if (!format.schema) return { responseFormat: { type: 'json_object' } };
  const schema = format.schema as Record<string, unknown>;
  return { responseFormat: { type: 'json_schema', json_schema: { name: format.name ?? 'answer', schema, strict: true } } };
}

function toolsOf({ tools = [], toolChoice }: LanguageModelV4CallOptions, warnings: SharedV4Warning[]): GenerateRequest {
  const functions = tools.flatMap((tool): NonNullable<GenerateRequest['tools']> => {
    if (tool.type === 'function') return [{ type: 'function', function: { name: tool.name, description: tool.description, parameters: tool.inputSchema as Record<string, unknown> } }];
    warnings.push({ type: 'unsupported', feature: `tool ${tool.id}`, details: 'llmi calls functions; it has no tools of its own.' });
    return [];
  });
  if (functions.length === 0) return {};
  return { tools: functions, ...(toolChoice ? { toolChoice: toolChoice.type === 'tool' ? { type: 'function', function: { name: toolChoice.toolName } } : toolChoice.type } : {}) };
}

function reasoningOf(reasoning: LanguageModelV4CallOptions['reasoning'], warnings: SharedV4Warning[]): GenerateRequest {
  switch (reasoning) {
    case undefined:
    case 'provider-default':
      return {};
    case 'none':
      return { reasoning: 'off' };
    case 'xhigh':
    case 'max':
      warnings.push({ type: 'compatibility', feature: `reasoning "${reasoning}"`, details: 'The most that llmi knows is "high".' });
      return { reasoning: 'high' };
    default:
      return { reasoning };
  }
}
