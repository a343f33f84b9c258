import { z } from 'zod';

// Source of names: https://github.com/openai/openai-openapi

/** What a batch can ask: routes of this server that answer in one piece. */
export const batchEndpoints = ['/v1/chat/completions', '/v1/completions', '/v1/embeddings', '/v1/responses', '/v1/rerank', '/v1/images/generations'] as const;

export const filePurposes = ['batch', 'batch_output', 'user_data', 'assistants', 'fine-tune', 'vision', 'evals'] as const;

export const fileUploadSchema = z.strictObject({ file: z.string(), purpose: z.enum(filePurposes) });

export const fileSchema = z.object({
  id: z.string(),
  object: z.literal('file'),
  bytes: z.int(),
  created_at: z.int(), // seconds since 1970
  expires_at: z.int().nullable(),
  filename: z.string(),
  purpose: z.string(),
  status: z.literal('processed'),
});
export const filesSchema = z.object({ object: z.literal('list'), data: z.array(fileSchema), first_id: z.string().nullable(), last_id: z.string().nullable(), has_more: z.boolean() });
export const fileDeletedSchema = z.object({ id: z.string(), object: z.literal('file'), deleted: z.literal(true) });

export const batchRequestSchema = z.strictObject({
  input_file_id: z.string().min(1),
  endpoint: z.enum(batchEndpoints),
  completion_window: z.string().regex(/^[1-9]\d{0,3}[hd]$/, 'a time such as "24h" or "7d"'),
  metadata: z.record(z.string().max(64), z.string().max(512)).nullish(),
});

const time = z.int().nullable(); // seconds since 1970
const batchErrorSchema = z.object({ code: z.string(), message: z.string(), param: z.string().nullable(), line: z.int().nullable() });
export type BatchError = z.infer<typeof batchErrorSchema>;

export const batchSchema = z.object({
  id: z.string(),
  object: z.literal('batch'),
  endpoint: z.string(),
  errors: z.object({ object: z.literal('list'), data: z.array(batchErrorSchema) }).nullable(),
  input_file_id: z.string(),
  completion_window: z.string(),
  status: z.enum(['validating', 'failed', 'in_progress', 'finalizing', 'completed', 'expired', 'cancelling', 'cancelled']),
  output_file_id: z.string().nullable(),
  error_file_id: z.string().nullable(),
  created_at: z.int(),
  in_progress_at: time,
  expires_at: time,
  finalizing_at: time,
  completed_at: time,
  failed_at: time,
  expired_at: time,
  cancelling_at: time,
  cancelled_at: time,
  request_counts: z.object({ total: z.int(), completed: z.int(), failed: z.int() }),
  metadata: z.record(z.string(), z.string()).nullable(),
});
export type Batch = z.infer<typeof batchSchema>;
export const batchesSchema = z.object({ object: z.literal('list'), data: z.array(batchSchema), first_id: z.string().nullable(), last_id: z.string().nullable(), has_more: z.boolean() });

/** Query of the lists. */
export const pageSchema = z.strictObject({
  after: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(10_000).optional(),
  purpose: z.string().optional(),
  order: z.enum(['asc', 'desc']).optional(),
});
