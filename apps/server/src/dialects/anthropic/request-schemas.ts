import { generateRequestSchema } from '@llmi/core';
import { z } from 'zod';

// Source of names: https://docs.anthropic.com/en/api/messages
const { shape } = generateRequestSchema;

/** What the platform would cache, cite or bill differently: it changes no answer. */
const cacheControl = { cache_control: z.unknown().optional() };

const textBlock = z.strictObject({ type: z.literal('text'), text: z.string(), citations: z.unknown().optional(), ...cacheControl });

const imageBlock = z.strictObject({
  type: z.literal('image'),
  source: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('base64'), media_type: z.string(), data: z.string() }),
    z.strictObject({ type: z.literal('url'), url: z.string() }),
  ]),
  ...cacheControl,
});

const toolResultBlock = z.strictObject({
  type: z.literal('tool_result'),
  tool_use_id: z.string(),
  content: z.union([z.string(), z.array(z.discriminatedUnion('type', [textBlock, imageBlock]))]).optional(),
  is_error: z.boolean().optional(),
  ...cacheControl,
});

const blockSchema = z.discriminatedUnion('type', [
  textBlock,
  imageBlock,
  toolResultBlock,
  z.strictObject({ type: z.literal('tool_use'), id: z.string(), name: z.string(), input: z.record(z.string(), z.unknown()), caller: z.unknown().optional(), ...cacheControl }),
  z.strictObject({ type: z.literal('thinking'), thinking: z.string(), signature: z.string().optional() }),
  z.strictObject({ type: z.literal('redacted_thinking'), data: z.string() }),
]);
export type Block = z.infer<typeof blockSchema>;

const messageSchema = z.strictObject({ role: z.enum(['user', 'assistant']), content: z.union([z.string(), z.array(blockSchema).min(1)]) });
export type AnthropicMessage = z.infer<typeof messageSchema>;

const toolSchema = z.strictObject({
  type: z.literal('custom').nullish(),
  name: z.string().min(1).max(256),
  description: z.string().optional(),
  input_schema: z.record(z.string(), z.unknown()),
  strict: z.boolean().optional(),
  ...cacheControl,
});

const toolChoiceSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('auto'), disable_parallel_tool_use: z.boolean().optional() }),
  z.strictObject({ type: z.literal('any'), disable_parallel_tool_use: z.boolean().optional() }),
  z.strictObject({ type: z.literal('tool'), name: z.string(), disable_parallel_tool_use: z.boolean().optional() }),
  z.strictObject({ type: z.literal('none') }),
]);

const thinkingSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('enabled'), budget_tokens: z.int().min(1), display: z.unknown().optional() }),
  z.strictObject({ type: z.literal('adaptive'), display: z.unknown().optional() }),
  z.strictObject({ type: z.literal('disabled') }),
]);

const outputConfigSchema = z.strictObject({
  effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).nullish(),
  format: z.strictObject({ type: z.literal('json_schema'), schema: z.record(z.string(), z.unknown()) }).nullish(),
});

/** What is asked, without how: the part that both routes take. */
const asked = {
  model: z.string().min(1),
  messages: z.array(messageSchema).min(1).max(1000),
  system: z.union([z.string(), z.array(textBlock)]).optional(),
  tools: z.array(toolSchema).max(128).optional(),
  tool_choice: toolChoiceSchema.optional(),
  thinking: thinkingSchema.optional(),
  output_config: outputConfigSchema.optional(),
  ...cacheControl,
};

export const countTokensRequestSchema = z.strictObject(asked);
export type CountTokensRequest = z.infer<typeof countTokensRequestSchema>;

export const messagesRequestSchema = z.strictObject({
  ...asked,
  max_tokens: shape.maxTokens.unwrap(),
  stream: z.boolean().optional(),
  temperature: shape.temperature,
  top_p: shape.topP,
  top_k: shape.topK,
  stop_sequences: shape.stopSequences,
  metadata: z.strictObject({ user_id: z.string().nullish() }).optional(),
  service_tier: z.string().optional(),
  inference_geo: z.string().nullish(),
  speed: z.string().nullish(),
  diagnostics: z.unknown().optional(),
  user_profile_id: z.string().optional(),
  workspace_id: z.string().optional(),
});
export type MessagesRequest = z.infer<typeof messagesRequestSchema>;
