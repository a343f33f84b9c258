import { generateRequestSchema } from '@llmi/core';
import { z } from 'zod';

// Source of names: https://github.com/ollama/ollama/blob/main/api/types.go. Clients send null for what they leave out.
const { shape } = generateRequestSchema;
const inner = <Schema extends z.ZodType>(field: z.ZodOptional<Schema>) => field.unwrap().nullish();

const keepAlive = z.union([z.number(), z.string().max(40)], 'seconds, or a duration such as "5m"').nullish();
const model = z.string().min(1);
const stream = z.boolean().nullish(); // true unless said
const hint = z.union([z.number(), z.boolean()]).nullish();

/** Sampling; and what the server decides itself, as memory, threads and the size of the context: that is taken and left aside, as clients always send it. */
export const optionsSchema = z.strictObject({
  num_predict: z.int().min(-2).max(1_000_000).nullish(), // below 0: until the model ends
  temperature: inner(shape.temperature),
  top_p: inner(shape.topP),
  top_k: inner(shape.topK),
  min_p: inner(shape.minP),
  repeat_penalty: inner(shape.repetitionPenalty),
  presence_penalty: inner(shape.presencePenalty),
  frequency_penalty: inner(shape.frequencyPenalty),
  seed: z.int().max(Number.MAX_SAFE_INTEGER).nullish(), // below 0: a random one
  stop: z.union([z.string().min(1).max(1000), z.array(z.string().min(1).max(1000)).max(16)]).nullish(),
  typical_p: z.literal(1, 'only 1: this sampling is not supported').nullish(),
  tfs_z: z.literal(1, 'only 1: this sampling is not supported').nullish(),
  mirostat: z.literal(0, 'only 0: this sampling is not supported').nullish(),
  mirostat_eta: z.number().nullish(),
  mirostat_tau: z.number().nullish(),
  ...Object.fromEntries(
    ['num_ctx', 'num_batch', 'num_gpu', 'num_keep', 'num_thread', 'main_gpu', 'repeat_last_n', 'penalize_newline', 'low_vram', 'f16_kv', 'logits_all', 'vocab_only', 'use_mmap', 'use_mlock', 'embedding_only', 'numa'].map(
      (name) => [name, hint],
    ),
  ),
});
export type OllamaOptions = z.infer<typeof optionsSchema>;

/** What chat and generate have in common. */
const common = {
  model,
  stream,
  format: z.union([z.literal(''), z.literal('json'), z.record(z.string(), z.unknown())], '"json" or a JSON schema').nullish(),
  options: optionsSchema.nullish(),
  keep_alive: keepAlive,
  think: z.union([z.boolean(), z.enum(['low', 'medium', 'high'])]).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  truncate: inner(shape.truncate),
  shift: z.boolean().nullish(),
};

const toolCall = z.strictObject({
  id: z.string().nullish(),
  type: z.literal('function').nullish(),
  function: z.strictObject({ index: z.int().nullish(), name: z.string(), arguments: z.record(z.string(), z.unknown()), description: z.string().nullish() }),
});

const messageSchema = z.strictObject({
  role: z.enum(['system', 'user', 'assistant', 'tool']),
  content: z.string().nullish(),
  thinking: z.string().nullish(),
  images: z.array(z.string().min(1)).max(64).nullish(),
  tool_calls: z.array(toolCall).nullish(),
  tool_name: z.string().nullish(),
  tool_call_id: z.string().nullish(),
  name: z.string().nullish(),
});
export type OllamaMessage = z.infer<typeof messageSchema>;

export const chatSchema = z.strictObject({ ...common, messages: z.array(messageSchema).max(1000).nullish(), tools: inner(shape.tools) });
export type OllamaChat = z.infer<typeof chatSchema>;

export const generateSchema = z.strictObject({
  ...common,
  prompt: z.string().max(1_000_000).nullish(),
  system: inner(shape.system),
  images: z.array(z.string().min(1)).max(64).nullish(),
  raw: z.boolean().nullish(),
  suffix: z.literal('', 'filling in the middle is not supported').nullish(),
  template: z.literal('', 'the template is the model\'s own; send "raw": true with a prompt that you have put together').nullish(),
  context: z.array(z.int()).max(0, 'the tokens of earlier answers are not taken: send the conversation to /api/chat').nullish(),
});
export type OllamaGenerate = z.infer<typeof generateSchema>;

export const embedSchema = z.strictObject({
  model,
  input: z.union([z.string(), z.array(z.string()).min(1).max(4096)]),
  truncate: inner(shape.truncate),
  dimensions: inner(shape.dimensions),
  keep_alive: keepAlive,
  options: optionsSchema.nullish(),
});
export type OllamaEmbed = z.infer<typeof embedSchema>;

export const embeddingsSchema = z.strictObject({ model, prompt: z.string(), keep_alive: keepAlive, options: optionsSchema.nullish() });

/** The model under its name of today or of earlier versions. */
const named = { model: z.string().min(1).optional(), name: z.string().min(1).optional() };
const oneName = { path: ['model'], message: 'say which' };
const hasName = ({ model: today, name }: { model?: string; name?: string }) => (today ?? name) !== undefined;

export const showSchema = z.strictObject({ ...named, verbose: z.boolean().nullish(), system: z.literal('').nullish(), template: z.literal('').nullish(), options: z.null().optional() }).refine(hasName, oneName);
export const deleteSchema = z.strictObject(named).refine(hasName, oneName);
export const pullSchema = z.strictObject({ ...named, stream, insecure: z.literal(false, 'models come over a checked connection only').nullish() }).refine(hasName, oneName);
