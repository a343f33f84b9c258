import { contentPartSchema, generateRequestSchema, toolCallSchema } from '@llmi/core';
import { z } from 'zod';

// Source of names: https://github.com/openai/openai-openapi. Clients send null for what they leave out.
const { shape } = generateRequestSchema;
const inner = <Schema extends z.ZodType>(field: z.ZodOptional<Schema>) => field.unwrap().nullish();

/** Choices of one request; each is a run of its own. */
export const maxChoices = 128;

const stopSequence = z.string().min(1).max(1000);

/** Sampling, as chat and completions have it in common, and what other servers of this API take besides (top_k ...). */
const sampling = {
  model: z.string().min(1),
  max_tokens: inner(shape.maxTokens),
  temperature: inner(shape.temperature),
  top_p: inner(shape.topP),
  top_k: inner(shape.topK),
  min_p: inner(shape.minP),
  repetition_penalty: inner(shape.repetitionPenalty),
  presence_penalty: inner(shape.presencePenalty),
  frequency_penalty: inner(shape.frequencyPenalty),
  seed: inner(shape.seed),
  logit_bias: inner(shape.logitBias),
  stop: z.union([stopSequence, z.array(stopSequence).max(16)]).nullish(),
  n: z.int().min(1).max(maxChoices).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.strictObject({ include_usage: z.boolean().nullish(), include_obfuscation: z.boolean().nullish() }).nullish(),
  user: z.string().nullish(),
};

/** Bookkeeping of OpenAI's platform, and hints about its speed and price: they change no answer. */
const bookkeeping = {
  metadata: z.record(z.string(), z.string()).nullish(),
  store: z.boolean().nullish(),
  service_tier: z.string().nullish(),
  safety_identifier: z.string().nullish(),
  prompt_cache_key: z.string().nullish(),
  prompt_cache_retention: z.string().nullish(),
  prediction: z.unknown().optional(),
};

const refusalPart = z.strictObject({ type: z.literal('refusal'), refusal: z.string() });

/** A message as clients send it back from an earlier answer: its empty fields come along. */
const chatMessageSchema = z.strictObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
  content: z.union([z.string(), z.array(z.union([contentPartSchema, refusalPart])).min(1)]).nullish(),
  name: z.string().nullish(),
  reasoning_content: z.string().nullish(),
  tool_calls: z.array(toolCallSchema).nullish(),
  tool_call_id: z.string().nullish(),
  refusal: z.string().nullish(),
  annotations: z.array(z.unknown()).max(0).nullish(),
  audio: z.null().optional(),
  function_call: z.null().optional(),
});
export type ChatMessage = z.infer<typeof chatMessageSchema>;

export const chatRequestSchema = z
  .strictObject({
    ...sampling,
    ...bookkeeping,
    messages: z.array(chatMessageSchema).min(1).max(1000),
    max_completion_tokens: inner(shape.maxTokens),
    logprobs: z.boolean().nullish(),
    top_logprobs: z.int().min(0).max(20).nullish(),
    response_format: inner(shape.responseFormat),
    tools: inner(shape.tools),
    tool_choice: inner(shape.toolChoice),
    parallel_tool_calls: z.boolean().nullish(),
    reasoning_effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish(),
    modalities: z.array(z.literal('text')).nullish(),
  })
  .refine(({ logprobs, top_logprobs: top }) => top === undefined || top === null || logprobs === true, {
    path: ['top_logprobs'],
    message: 'it needs "logprobs": true',
  });
export type ChatRequest = z.infer<typeof chatRequestSchema>;

export const completionRequestSchema = z
  .strictObject({
    ...sampling,
    prompt: z.union([z.string(), z.array(z.string()).min(1).max(maxChoices)], 'a string or an array of strings; arrays of token ids are not taken'),
    echo: z.boolean().nullish(),
    logprobs: z.int().min(0).max(20).nullish(),
    best_of: z.literal(1, 'only 1; use "n" for several answers').nullish(),
    suffix: z.literal('', 'filling in the middle is not supported').nullish(),
  })
  .refine(({ echo, logprobs }) => !(echo === true && typeof logprobs === 'number'), {
    path: ['logprobs'],
    message: 'log probabilities of an echoed prompt are not computed: leave out "echo" or "logprobs"',
  });
export type CompletionRequest = z.infer<typeof completionRequestSchema>;

export const embeddingRequestSchema = z.strictObject({
  model: z.string().min(1),
  input: z.union([z.string(), z.array(z.string()).min(1).max(4096)], 'a string or an array of at most 4096 strings; arrays of token ids are not taken'),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: inner(shape.dimensions),
  user: z.string().nullish(),
});
export type EmbeddingRequest = z.infer<typeof embeddingRequestSchema>;
