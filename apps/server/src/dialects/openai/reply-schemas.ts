import { z } from 'zod';

// Source: https://github.com/openai/openai-openapi, the fields that clients rely on.
const usage = z.object({
  prompt_tokens: z.int(),
  completion_tokens: z.int(),
  total_tokens: z.int(),
  prompt_tokens_details: z.object({ cached_tokens: z.int() }),
  completion_tokens_details: z.object({ reasoning_tokens: z.int() }),
});
export type OpenaiUsage = z.infer<typeof usage>;

const finishReason = z.enum(['stop', 'length', 'tool_calls', 'content_filter']);

const tokenLogprob = z.object({ token: z.string(), logprob: z.number(), bytes: z.array(z.int()) });
const chatLogprobs = z.object({ content: z.array(tokenLogprob.extend({ top_logprobs: z.array(tokenLogprob) })), refusal: z.null() });
export type ChatLogprobs = z.infer<typeof chatLogprobs>;

const completionLogprobs = z.object({
  tokens: z.array(z.string()),
  token_logprobs: z.array(z.number()),
  top_logprobs: z.array(z.record(z.string(), z.number())),
  text_offset: z.array(z.int()),
});
export type CompletionLogprobs = z.infer<typeof completionLogprobs>;

const toolCall = z.object({ id: z.string(), type: z.literal('function'), function: z.object({ name: z.string(), arguments: z.string() }) });

const created = z.int(); // seconds since 1970

export const chatCompletionSchema = z.object({
  id: z.string(),
  object: z.literal('chat.completion'),
  created,
  model: z.string(),
  choices: z.array(
    z.object({
      index: z.int(),
      message: z.object({
        role: z.literal('assistant'),
        content: z.string().nullable(),
        refusal: z.null(),
        reasoning_content: z.string().optional(),
        tool_calls: z.array(toolCall).optional(),
      }),
      logprobs: chatLogprobs.nullable(),
      finish_reason: finishReason,
    }),
  ),
  usage,
});
export type ChatCompletion = z.infer<typeof chatCompletionSchema>;

export const chatChunkSchema = z.object({
  id: z.string(),
  object: z.literal('chat.completion.chunk'),
  created,
  model: z.string(),
  choices: z.array(
    z.object({
      index: z.int(),
      delta: z.object({
        role: z.literal('assistant').optional(),
        content: z.string().optional(),
        reasoning_content: z.string().optional(),
        tool_calls: z.array(toolCall.extend({ index: z.int() })).optional(),
      }),
      logprobs: chatLogprobs.nullable(),
      finish_reason: finishReason.nullable(),
    }),
  ),
  usage: usage.nullish(),
});

export const completionSchema = z.object({
  id: z.string(),
  object: z.literal('text_completion'),
  created,
  model: z.string(),
  choices: z.array(z.object({ index: z.int(), text: z.string(), logprobs: completionLogprobs.nullable(), finish_reason: finishReason.nullable() })),
  usage: usage.nullish(),
});
export type Completion = z.infer<typeof completionSchema>;

export const embeddingsSchema = z.object({
  object: z.literal('list'),
  model: z.string(),
  data: z.array(z.object({ object: z.literal('embedding'), index: z.int(), embedding: z.union([z.array(z.number()), z.string()]) })), // base64 of float32, little-endian
  usage: z.object({ prompt_tokens: z.int(), total_tokens: z.int() }),
});
export type Embeddings = z.infer<typeof embeddingsSchema>;

export const openaiModelSchema = z.object({ id: z.string(), object: z.literal('model'), created, owned_by: z.string() });
export type OpenaiModel = z.infer<typeof openaiModelSchema>;
export const openaiModelsSchema = z.object({ object: z.literal('list'), data: z.array(openaiModelSchema) });

export const openaiErrorSchema = z.object({
  error: z.object({ message: z.string(), type: z.string(), param: z.string().nullable(), code: z.string().nullable() }),
});
