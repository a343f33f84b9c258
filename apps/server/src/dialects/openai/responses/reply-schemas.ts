import { z } from 'zod';

// Source: https://github.com/openai/openai-openapi, the fields that clients rely on.
const status = z.enum(['in_progress', 'completed', 'incomplete', 'failed']);

const outputText = z.object({ type: z.literal('output_text'), text: z.string(), annotations: z.array(z.unknown()), logprobs: z.array(z.unknown()) });
const reasoningText = z.object({ type: z.literal('reasoning_text'), text: z.string() });

const outputItem = z.discriminatedUnion('type', [
  z.object({ type: z.literal('reasoning'), id: z.string(), summary: z.array(z.unknown()), content: z.array(reasoningText), status }),
  z.object({ type: z.literal('message'), id: z.string(), role: z.literal('assistant'), content: z.array(outputText), status }),
  z.object({ type: z.literal('function_call'), id: z.string(), call_id: z.string(), name: z.string(), arguments: z.string(), status }),
]);
export type OutputItem = z.infer<typeof outputItem>;

export const responseSchema = z.object({
  id: z.string(),
  object: z.literal('response'),
  created_at: z.int(), // seconds since 1970
  status,
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  incomplete_details: z.object({ reason: z.enum(['max_output_tokens', 'content_filter']) }).nullable(),
  instructions: z.string().nullable(),
  max_output_tokens: z.int().nullable(),
  model: z.string(),
  output: z.array(outputItem),
  parallel_tool_calls: z.boolean(),
  previous_response_id: z.string().nullable(),
  reasoning: z.object({ effort: z.string().nullable(), summary: z.null() }),
  store: z.boolean(),
  temperature: z.number().nullable(),
  text: z.object({ format: z.record(z.string(), z.unknown()) }),
  tool_choice: z.union([z.string(), z.record(z.string(), z.unknown())]),
  tools: z.array(z.record(z.string(), z.unknown())),
  top_p: z.number().nullable(),
  truncation: z.literal('disabled'),
  metadata: z.record(z.string(), z.string()),
  user: z.string().nullable(),
  usage: z
    .object({
      input_tokens: z.int(),
      input_tokens_details: z.object({ cached_tokens: z.int() }),
      output_tokens: z.int(),
      output_tokens_details: z.object({ reasoning_tokens: z.int() }),
      total_tokens: z.int(),
    })
    .nullable(),
});
export type Response = z.infer<typeof responseSchema>;

const numbered = { sequence_number: z.int() };
const ofPart = { item_id: z.string(), output_index: z.int(), content_index: z.int() };
const part = z.discriminatedUnion('type', [outputText, reasoningText]);
export type Part = z.infer<typeof part>;

export const responseEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.enum(['response.created', 'response.in_progress', 'response.completed', 'response.incomplete', 'response.failed']), response: responseSchema, ...numbered }),
  z.object({ type: z.enum(['response.output_item.added', 'response.output_item.done']), output_index: z.int(), item: outputItem, ...numbered }),
  z.object({ type: z.enum(['response.content_part.added', 'response.content_part.done']), ...ofPart, part, ...numbered }),
  z.object({ type: z.enum(['response.output_text.delta', 'response.reasoning_text.delta']), ...ofPart, delta: z.string(), logprobs: z.array(z.unknown()).optional(), ...numbered }),
  z.object({ type: z.enum(['response.output_text.done', 'response.reasoning_text.done']), ...ofPart, text: z.string(), logprobs: z.array(z.unknown()).optional(), ...numbered }),
  z.object({ type: z.literal('response.function_call_arguments.delta'), item_id: z.string(), output_index: z.int(), delta: z.string(), ...numbered }),
  z.object({ type: z.literal('response.function_call_arguments.done'), item_id: z.string(), output_index: z.int(), name: z.string(), arguments: z.string(), ...numbered }),
  z.object({ type: z.literal('error'), code: z.string().nullable(), message: z.string(), param: z.string().nullable(), ...numbered }),
]);

export const responseDeletedSchema = z.object({ id: z.string(), object: z.literal('response'), deleted: z.literal(true) });
