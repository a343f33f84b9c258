import { LlmiError, toSnakeCase, type GenerateRequest, type Message } from '@llmi/core';
import type { SamplingOptions } from '@llmi/runtime-llama-cpp';
import { z } from 'zod';
import { isMode, modes, type ModeName } from './modes.js';

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
  /** Undefined for free text. */
  json: { schema?: Record<string, unknown> } | undefined;
  truncate: boolean;
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
      seed: request.seed ?? (temperature === 0 ? undefined : Math.floor(Math.random() * seedLimit)),
    },
    stopSequences: request.stopSequences ?? [],
    logprobs: request.logprobs,
    json: jsonFormat(request),
    truncate: request.truncate ?? false,
  };
}

/** Refuses fields that only other kinds of model have, and text features that this handler does not have. */
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
  const usesTools = (request.tools?.length ?? 0) > 0 || (request.toolChoice !== undefined && request.toolChoice !== 'none' && request.toolChoice !== 'auto');
  if (usesTools) {
    const param = request.tools?.length ? 'tools' : 'tool_choice';
    throw new LlmiError('INPUT_UNSUPPORTED', { message: `This handler does not call tools: "${param}" cannot be used.`, hint: 'Describe the tools in the system text and read the answer yourself.', param });
  }
  if (request.reasoning !== undefined && request.reasoning !== 'auto') {
    throw new LlmiError('INPUT_UNSUPPORTED', { message: 'This handler cannot steer reasoning.', hint: 'Leave "reasoning" out, or send "auto".', param: 'reasoning' });
  }
}

function checkPrompt({ prompt, messages, system }: GenerateRequest, mode: ModeName): void {
  const invalid = (message: string, hint: string, param: string) => new LlmiError('INPUT_INVALID', { message, hint, param });
  if (prompt !== undefined && messages !== undefined) throw invalid('Both "prompt" and "messages" are given.', 'Send one of the two.', 'messages');
  if (prompt === undefined && messages === undefined) throw invalid('Neither "prompt" nor "messages" is given.', 'Send one of the two.', 'prompt');
  if (mode === 'complete' && messages !== undefined) {
    throw invalid('Mode "complete" continues raw text; it takes no messages.', 'Send a "prompt", or use mode "chat".', 'messages');
  }
  if (mode === 'complete' && system !== undefined) {
    throw invalid('Mode "complete" continues raw text; it takes no system text.', 'Put it into the prompt, or use mode "chat".', 'system');
  }
  if (system !== undefined && messages?.some(({ role }) => role === 'system' || role === 'developer')) {
    throw invalid('A system text is given twice: as "system" and among the messages.', 'Send one of the two.', 'system');
  }
}

function jsonFormat({ responseFormat }: GenerateRequest): TextOptions['json'] {
  if (responseFormat === undefined || responseFormat.type === 'text') return undefined;
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
