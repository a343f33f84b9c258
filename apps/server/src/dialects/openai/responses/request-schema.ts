import { generateRequestSchema } from '@llmi/core';
import { z } from 'zod';

// Source of names: https://github.com/openai/openai-openapi. Clients send null for what they leave out.
const { shape } = generateRequestSchema;
const inner = <Schema extends z.ZodType>(field: z.ZodOptional<Schema>) => field.unwrap().nullish();
const ofItem = { id: z.string().nullish(), status: z.string().nullish() };

const inputPart = z.discriminatedUnion('type', [
  z.strictObject({ type: z.enum(['input_text', 'output_text']), text: z.string(), annotations: z.unknown().optional(), logprobs: z.unknown().optional() }),
  z.strictObject({ type: z.literal('refusal'), refusal: z.string() }),
  z.strictObject({ type: z.literal('input_image'), image_url: z.string(), detail: z.string().nullish() }),
  z.strictObject({ type: z.literal('input_audio'), input_audio: z.strictObject({ data: z.string(), format: z.string() }) }),
]);
export type InputPart = z.infer<typeof inputPart>;

const inputItem = z.union([
  z.strictObject({
    type: z.literal('message').nullish(),
    role: z.enum(['user', 'assistant', 'system', 'developer']),
    content: z.union([z.string(), z.array(inputPart).min(1)]),
    phase: z.string().nullish(),
    ...ofItem,
  }),
  z.strictObject({ type: z.literal('function_call'), call_id: z.string(), name: z.string(), arguments: z.string(), namespace: z.string().nullish(), ...ofItem }),
  z.strictObject({ type: z.literal('function_call_output'), call_id: z.string(), output: z.union([z.string(), z.array(inputPart)]), ...ofItem }),
  z.strictObject({
    type: z.literal('reasoning'),
    summary: z.array(z.strictObject({ type: z.literal('summary_text'), text: z.string() })).nullish(),
    content: z.array(z.strictObject({ type: z.literal('reasoning_text'), text: z.string() })).nullish(),
    encrypted_content: z.string().nullish(),
    ...ofItem,
  }),
]);
export type InputItem = z.infer<typeof inputItem>;

const functionTool = z.strictObject({
  type: z.literal('function', 'only tools of your own, of type "function"'),
  name: z.string().min(1).max(256),
  description: z.string().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  strict: z.boolean().nullish(),
});

const textFormat = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({
    type: z.literal('json_schema'),
    name: z.string(),
    schema: z.record(z.string(), z.unknown()),
    description: z.string().nullish(),
    strict: z.boolean().nullish(),
  }),
]);

const reasoning = z.strictObject({
  effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish(),
  summary: z.string().nullish(),
  generate_summary: z.string().nullish(),
});

/** Bookkeeping of OpenAI's platform, and hints about its speed and price: they change no answer. */
const bookkeeping = {
  metadata: z.record(z.string(), z.string()).nullish(),
  user: z.string().nullish(),
  service_tier: z.string().nullish(),
  safety_identifier: z.string().nullish(),
  prompt_cache_key: z.string().nullish(),
  prompt_cache_retention: z.string().nullish(),
  include: z.array(z.string()).nullish(),
  stream_options: z.strictObject({ include_obfuscation: z.boolean().nullish() }).nullish(),
};

export const responseRequestSchema = z.strictObject({
  ...bookkeeping,
  model: z.string().min(1),
  input: z.union([z.string(), z.array(inputItem).min(1).max(1000)]),
  instructions: inner(shape.system),
  max_output_tokens: inner(shape.maxTokens),
  temperature: inner(shape.temperature),
  top_p: inner(shape.topP),
  tools: z.array(functionTool).max(128).nullish(),
  tool_choice: z.union([z.enum(['none', 'auto', 'required']), z.strictObject({ type: z.literal('function'), name: z.string() })]).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  text: z.strictObject({ format: textFormat.nullish(), verbosity: z.string().nullish() }).nullish(),
  reasoning: reasoning.nullish(),
  previous_response_id: z.string().nullish(),
  store: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  truncation: z.literal('disabled', 'only "disabled"').nullish(),
  background: z.literal(false, 'not supported: leave it out').nullish(),
});
export type ResponseRequest = z.infer<typeof responseRequestSchema>;
