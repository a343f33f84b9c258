import { z } from 'zod';

// Source: https://github.com/ollama/ollama/blob/main/api/types.go, the fields that clients rely on. Durations are in nanoseconds.
const createdAt = z.iso.datetime();
const tokenLogprob = z.object({ token: z.string(), logprob: z.number(), bytes: z.array(z.int()) });
const logprobs = z.array(tokenLogprob.extend({ top_logprobs: z.array(tokenLogprob) }));
export type OllamaLogprobs = z.infer<typeof logprobs>;

const toolCall = z.object({ id: z.string(), function: z.object({ index: z.int(), name: z.string(), arguments: z.record(z.string(), z.unknown()) }) });
export type OllamaToolCall = z.infer<typeof toolCall>;

const metrics = {
  total_duration: z.int().optional(),
  load_duration: z.int().optional(),
  prompt_eval_count: z.int().optional(),
  prompt_eval_duration: z.int().optional(),
  eval_count: z.int().optional(),
  eval_duration: z.int().optional(),
};

const head = { model: z.string(), created_at: createdAt, done: z.boolean(), done_reason: z.enum(['stop', 'length', 'load', 'unload']).optional(), logprobs: logprobs.optional(), ...metrics };

export const ollamaChatReplySchema = z.object({
  ...head,
  message: z.object({ role: z.literal('assistant'), content: z.string(), thinking: z.string().optional(), tool_calls: z.array(toolCall).optional() }),
});
export const ollamaGenerateReplySchema = z.object({ ...head, response: z.string(), thinking: z.string().optional() });

export const ollamaEmbedReplySchema = z.object({
  model: z.string(),
  embeddings: z.array(z.array(z.number())),
  total_duration: z.int(),
  load_duration: z.int(),
  prompt_eval_count: z.int(),
});
export const ollamaEmbeddingsReplySchema = z.object({ embedding: z.array(z.number()) });

const details = z.object({
  parent_model: z.string(),
  format: z.string(),
  family: z.string(),
  families: z.array(z.string()),
  parameter_size: z.string(),
  quantization_level: z.string(),
});
export type OllamaDetails = z.infer<typeof details>;

const capability = z.enum(['completion', 'tools', 'vision', 'embedding', 'thinking', 'image', 'audio']);
export type OllamaCapability = z.infer<typeof capability>;

const listed = { name: z.string(), model: z.string(), size: z.number(), digest: z.string(), details };
export const ollamaTagsSchema = z.object({ models: z.array(z.object({ ...listed, modified_at: createdAt, capabilities: z.array(capability) })) });
export const ollamaRunningSchema = z.object({ models: z.array(z.object({ ...listed, expires_at: createdAt, size_vram: z.number(), context_length: z.int() })) });
export const ollamaShowSchema = z.object({
  license: z.string(),
  modelfile: z.string(),
  parameters: z.string(),
  template: z.string(),
  details,
  model_info: z.record(z.string(), z.unknown()),
  capabilities: z.array(capability),
  modified_at: createdAt,
});
export const ollamaPullProgressSchema = z.object({ status: z.string(), digest: z.string().optional(), total: z.int().optional(), completed: z.int().optional() });
export type PullProgress = z.infer<typeof ollamaPullProgressSchema>;
export const ollamaVersionSchema = z.object({ version: z.string() });
export const ollamaErrorSchema = z.object({ error: z.string() });
