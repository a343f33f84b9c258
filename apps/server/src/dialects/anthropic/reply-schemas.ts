import { z } from 'zod';

// Source: https://docs.anthropic.com/en/api/messages and /messages-streaming, the fields that clients rely on.
const usage = z.object({
  input_tokens: z.int(), // of the prompt, those of the cache left out
  cache_creation_input_tokens: z.int(),
  cache_read_input_tokens: z.int(),
  output_tokens: z.int(),
});
export type AnthropicUsage = z.infer<typeof usage>;

const stopReason = z.enum(['end_turn', 'max_tokens', 'tool_use', 'refusal']);
export type StopReason = z.infer<typeof stopReason>;

const contentBlock = z.discriminatedUnion('type', [
  z.object({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() }),
  z.object({ type: z.literal('text'), text: z.string(), citations: z.null() }),
  z.object({ type: z.literal('tool_use'), id: z.string(), name: z.string(), input: z.record(z.string(), z.unknown()) }),
]);
export type ContentBlock = z.infer<typeof contentBlock>;

export const messageReplySchema = z.object({
  id: z.string(),
  type: z.literal('message'),
  role: z.literal('assistant'),
  model: z.string(),
  content: z.array(contentBlock),
  stop_reason: stopReason.nullable(),
  stop_sequence: z.null(),
  usage,
});
export type MessageReply = z.infer<typeof messageReplySchema>;

export const countTokensReplySchema = z.object({ input_tokens: z.int() });

export const anthropicErrorSchema = z.object({
  type: z.literal('error'),
  error: z.object({ type: z.string(), message: z.string() }),
  request_id: z.string(),
});

export const messageEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('message_start'), message: messageReplySchema }),
  z.object({ type: z.literal('content_block_start'), index: z.int(), content_block: contentBlock }),
  z.object({
    type: z.literal('content_block_delta'),
    index: z.int(),
    delta: z.discriminatedUnion('type', [
      z.object({ type: z.literal('text_delta'), text: z.string() }),
      z.object({ type: z.literal('thinking_delta'), thinking: z.string() }),
      z.object({ type: z.literal('input_json_delta'), partial_json: z.string() }),
    ]),
  }),
  z.object({ type: z.literal('content_block_stop'), index: z.int() }),
  z.object({ type: z.literal('message_delta'), delta: z.object({ stop_reason: stopReason, stop_sequence: z.null() }), usage }),
  z.object({ type: z.literal('message_stop') }),
  anthropicErrorSchema,
]);
export type MessageEvent = Exclude<z.infer<typeof messageEventSchema>, { type: 'error' }>;
