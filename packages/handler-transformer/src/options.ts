import { LlmiError, toSnakeCase, type GenerateRequest, type Message } from '@llmi/core';
import type { SamplingOptions } from '@llmi/runtime-llama-cpp';
import { z } from 'zod';
import { isMode, modes, type ModeName } from './modes.js';
import type { Tools } from './tools/describe-tools.js';

/** Fields of a request that a text model understands; any other one is refused rather than ignored. */
const textFields = new Set<keyof GenerateRequest>([
  'model',
  'mode',
  'task',
  'prompt',
  'messages',
  'system',
  'maxTokens',
  'temperature',
  'topP',
  'topK',
  'minP',
  'repetitionPenalty',
  'presencePenalty',
  'frequencyPenalty',
  'seed',
  'stopSequences',
  'logitBias',
  'logprobs',
  'responseFormat',
  'tools',
  'toolChoice',
  'reasoning',
  'truncate',
  'loras',
  'contextShift',
  'xtcProbability',
  'xtcThreshold',
  'dryMultiplier',
  'dryBase',
  'dryAllowedLength',
  'dryLastTokens',
  'dryBreakers',
]);

/** Longest answer unless the request or the model says otherwise, within the context. */
export const defaultMaxTokens = 4096;

/** What a text request comes down to, with every default filled in. */
export interface TextOptions {
  mode: ModeName;
  prompt: string | undefined;
  messages: readonly Message[] | undefined;
  system: string | undefined;
  maxTokens: number;
  sampling: SamplingOptions;
  stopSequences: readonly string[];
  logprobs: number | undefined;
  /** What the answer is held to; undefined for free text. */
  shape: { schema?: Record<string, unknown> } | { grammar: string } | undefined;
  /** Undefined where none may be called. */
  tools: Tools | undefined;
  toolChoice: GenerateRequest['toolChoice'];
  reasoning: GenerateRequest['reasoning'];
  loras: GenerateRequest['loras'];
  truncate: boolean;
  contextShift: boolean;
}

/** Seeds that are chosen here fit into 32 bits, so that they are easy to write down. */
const seedLimit = 2 ** 32 - 1;

/**
 * Checks a request whose defaults are filled in.
 * @throws {LlmiError} INPUT_INVALID, INPUT_UNSUPPORTED, MODE_UNSUPPORTED, TASK_UNSUPPORTED
 */
export function resolveTextOptions(request: GenerateRequest): TextOptions {
  refuseOtherFields(request);
  const { mode = 'auto', prompt, messages, temperature = 0 } = request;
  if (!isMode(mode)) {
    throw new LlmiError('MODE_UNSUPPORTED', { message: `This model has no mode "${mode}".`, hint: `Use one of: ${Object.keys(modes).join(', ')}.`, param: 'mode' });
  }
  checkPrompt(request, mode);
  return {
    mode,
    prompt,
    messages,
    system: request.system,
    maxTokens: request.maxTokens ?? defaultMaxTokens,
    sampling: {
      temperature,
      topK: request.topK,
      topP: request.topP,
      minP: request.minP,
      repetitionPenalty: request.repetitionPenalty,
      presencePenalty: request.presencePenalty,
      frequencyPenalty: request.frequencyPenalty,
      logitBias: request.logitBias,
      ...looseSampling(request),
      seed: request.seed ?? (temperature === 0 ? undefined : Math.floor(Math.random() * seedLimit)),
    },
    stopSequences: request.stopSequences ?? [],
    logprobs: request.logprobs,
    shape: answerShape(request),
    ...usableTools(request),
    reasoning: request.reasoning,
    loras: request.loras,
    truncate: request.truncate ?? false,
    contextShift: request.contextShift ?? false,
  };
}

/** Samplers that are off unless their first field is given. */
function looseSampling({ xtcProbability, xtcThreshold = 0.1, dryMultiplier, dryBase, dryAllowedLength, dryLastTokens, dryBreakers }: GenerateRequest): Pick<SamplingOptions, 'xtc' | 'dry'> {
  return {
    ...(xtcProbability ? { xtc: { probability: xtcProbability, threshold: xtcThreshold } } : {}),
    ...(dryMultiplier ? { dry: { multiplier: dryMultiplier, base: dryBase, allowedLength: dryAllowedLength, lastTokens: dryLastTokens, breakers: dryBreakers } } : {}),
  };
}

/** Tools and how they are to be used. @throws {LlmiError} INPUT_INVALID for a choice without the tool */
function usableTools({ tools = [], toolChoice = 'auto', responseFormat }: GenerateRequest): Pick<TextOptions, 'tools' | 'toolChoice'> {
  const invalid = (message: string, hint: string, param: string) => new LlmiError('INPUT_INVALID', { message, hint, param });
  const names = tools.map((tool) => tool.function.name);
  const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (twice >= 0) throw invalid(`Two tools are called "${names[twice]}".`, 'Give each a name of its own.', `tools[${twice}].function.name`);
  const odd = names.findIndex((name) => !/^[\w.:-]+$/.test(name));
  if (odd >= 0) throw invalid(`"${names[odd]}" is no name for a tool.`, 'Use letters, digits, "_", "-" and ".".', `tools[${odd}].function.name`);
  if (typeof toolChoice === 'object' && !names.includes(toolChoice.function.name)) {
    throw invalid(`There is no tool "${toolChoice.function.name}" to be called.`, names.length > 0 ? `Use one of: ${names.join(', ')}.` : 'Give it under "tools".', 'tool_choice');
  }
  if (toolChoice === 'required' && names.length === 0) throw invalid('A tool must be called, and there is none.', 'Give some under "tools".', 'tool_choice');
  const isForced = toolChoice === 'required' || typeof toolChoice === 'object';
  if (tools.length > 0 && toolChoice !== 'none' && responseFormat?.type === 'grammar') throw invalid('A grammar and tools are given: the answer cannot keep to both.', 'Send one of the two.', 'tools');
  if (isForced && responseFormat !== undefined && responseFormat.type !== 'text') throw invalid('A tool must be called, and the answer must have a form of its own.', 'Send one of the two.', 'response_format');
  return { tools: tools.length === 0 || toolChoice === 'none' ? undefined : tools, toolChoice };
}

/** Refuses fields that only other kinds of model have. */
function refuseOtherFields(request: GenerateRequest): void {
  const given = (field: keyof GenerateRequest) => request[field] !== undefined;
  const other = (Object.keys(request) as (keyof GenerateRequest)[]).find((field) => given(field) && !textFields.has(field));
  if (other !== undefined) {
    const name = toSnakeCase(other);
    throw new LlmiError('INPUT_UNSUPPORTED', { message: `A text model has no use for "${name}".`, hint: 'Leave it out, or send the request to a model that has.', param: name });
  }
  if (request.task !== undefined && request.task !== 'text-generation') {
    throw new LlmiError('TASK_UNSUPPORTED', { message: `This model has no task "${request.task}".`, hint: 'Use: text-generation.', param: 'task' });
  }
}

function checkPrompt({ prompt, messages, system, tools }: GenerateRequest, mode: ModeName): void {
  const invalid = (message: string, hint: string, param: string) => new LlmiError('INPUT_INVALID', { message, hint, param });
  if (prompt !== undefined && messages !== undefined) throw invalid('Both "prompt" and "messages" are given.', 'Send one of the two.', 'messages');
  if (prompt === undefined && messages === undefined) throw invalid('Neither "prompt" nor "messages" is given.', 'Send one of the two.', 'prompt');
  if (mode === 'complete' && messages !== undefined) {
    throw invalid('Mode "complete" continues raw text; it takes no messages.', 'Send a "prompt", or use mode "chat".', 'messages');
  }
  if (mode === 'complete' && tools !== undefined && tools.length > 0) {
    throw invalid('Mode "complete" continues raw text; it calls no tools.', 'Use mode "chat".', 'tools');
  }
  if (mode === 'complete' && system !== undefined) {
    throw invalid('Mode "complete" continues raw text; it takes no system text.', 'Put it into the prompt, or use mode "chat".', 'system');
  }
  if (system !== undefined && messages?.some(({ role }) => role === 'system' || role === 'developer')) {
    throw invalid('A system text is given twice: as "system" and among the messages.', 'Send one of the two.', 'system');
  }
}

function answerShape({ responseFormat }: GenerateRequest): TextOptions['shape'] {
  if (responseFormat === undefined || responseFormat.type === 'text') return undefined;
  if (responseFormat.type === 'grammar') return { grammar: responseFormat.grammar };
  return responseFormat.type === 'json_object' ? {} : { schema: responseFormat.json_schema.schema };
}

/** The fields of a generation_config.json that have a meaning here, each dropped where its value has none. */
export const generationConfigSchema = z.object({
  do_sample: z.boolean().optional().catch(undefined),
  temperature: z.number().min(0).max(2).optional().catch(undefined),
  top_p: z.number().min(0).max(1).optional().catch(undefined),
  top_k: z.int().min(0).max(100_000).optional().catch(undefined),
  min_p: z.number().min(0).max(1).optional().catch(undefined),
  repetition_penalty: z.number().min(0.01).max(10).optional().catch(undefined),
  max_new_tokens: z.int().min(1).max(1_000_000).optional().catch(undefined),
});
