import { z } from 'zod';

const base64OrId = z.string().min(1); // base64, a data URL, an upload id; an http URL only where the server allows it

/** One part of a message's content, as OpenAI spells it. */
export const contentPartSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string() }),
  z.strictObject({ type: z.literal('image_url'), image_url: z.looseObject({ url: z.string() }) }),
  z.strictObject({ type: z.literal('input_audio'), input_audio: z.looseObject({ data: z.string(), format: z.string() }) }),
]);
export type ContentPart = z.infer<typeof contentPartSchema>;

/** A tool call that the assistant made: `arguments` is JSON text, as the model wrote it. */
export const toolCallSchema = z.object({
  id: z.string(),
  type: z.literal('function').default('function'),
  function: z.object({ name: z.string(), arguments: z.string() }),
});
export type ToolCall = z.infer<typeof toolCallSchema>;

export const messageSchema = z.strictObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
  content: z.union([z.string(), z.array(contentPartSchema).min(1)]).nullish(),
  name: z.string().optional(),
  reasoningContent: z.string().nullish(),
  toolCalls: z.array(toolCallSchema).optional(),
  toolCallId: z.string().optional(),
});
export type Message = z.infer<typeof messageSchema>;

const toolSchema = z.looseObject({
  type: z.literal('function'),
  function: z.looseObject({
    name: z.string().min(1).max(256),
    description: z.string().optional(),
    parameters: z.record(z.string(), z.unknown()).optional(), // JSON schema
  }),
});

const tensorSchema = z.strictObject({
  data: z.union([z.array(z.union([z.number(), z.boolean(), z.string()])), z.string()]), // numbers, or base64 of little-endian bytes
  shape: z.array(z.int().min(0)),
  dtype: z.string(),
});

const side = z.int().min(64).max(4096).multipleOf(8); // pixels; a VAE shrinks each side by 8

/** What every answer can be asked with. Source of names and limits: the native HTTP API. */
export const generateRequestSchema = z.strictObject({
  model: z.string().min(1).optional(),
  mode: z.string().regex(/^[a-zA-Z0-9_-]{1,50}$/, 'letters, digits, _ and -, at most 50').optional(),
  task: z.string().min(1).max(100).optional(),

  // Text in: one of the two
  prompt: z.string().max(1_000_000).optional(),
  messages: z.array(messageSchema).min(1).max(1000).optional(),
  system: z.string().max(1_000_000).optional(),

  // Sampling
  maxTokens: z.int().min(1).max(1_000_000).optional(),
  temperature: z.number().min(0).max(2).optional(), // 0 is greedy and deterministic
  topP: z.number().min(0).max(1).optional(),
  topK: z.int().min(0).max(100_000).optional(), // 0 turns it off
  minP: z.number().min(0).max(1).optional(),
  repetitionPenalty: z.number().min(0.01).max(10).optional(), // 1 turns it off
  presencePenalty: z.number().min(-2).max(2).optional(),
  frequencyPenalty: z.number().min(-2).max(2).optional(),
  seed: z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  stopSequences: z.array(z.string().min(1).max(1000)).max(16).optional(),
  logitBias: z.record(z.string().regex(/^\d+$/, 'a token id'), z.number().min(-100).max(100)).optional(),
  logprobs: z.int().min(0).max(20).optional(), // alternatives per token; 0 gives the chosen token alone

  // Shape of the answer
  responseFormat: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('text') }),
      z.strictObject({ type: z.literal('json_object') }),
      z.strictObject({
        type: z.literal('json_schema'),
        json_schema: z.looseObject({ name: z.string().optional(), schema: z.record(z.string(), z.unknown()), strict: z.boolean().nullish() }),
      }),
    ])
    .optional(),
  tools: z.array(toolSchema).max(128).optional(),
  toolChoice: z
    .union([
      z.enum(['none', 'auto', 'required']),
      z.strictObject({ type: z.literal('function'), function: z.strictObject({ name: z.string() }) }),
    ])
    .optional(),
  reasoning: z.union([z.enum(['auto', 'off', 'on', 'minimal', 'low', 'medium', 'high']), z.int().min(0)]).optional(),

  // Media in
  images: z.array(base64OrId).max(64).optional(),
  audio: base64OrId.optional(),
  video: base64OrId.optional(),

  // Pictures and film out
  negativePrompt: z.string().max(1_000_000).optional(),
  numInferenceSteps: z.int().min(1).max(1000).optional(),
  guidanceScale: z.number().min(0).max(100).optional(),
  width: side.optional(),
  height: side.optional(),
  scheduler: z.string().max(100).optional(),
  numImages: z.int().min(1).max(64).optional(),
  strength: z.number().min(0).max(1).optional(),
  image: base64OrId.optional(),
  maskImage: base64OrId.optional(),
  controlnetImage: base64OrId.optional(),
  clipSkip: z.int().min(0).max(12).optional(),
  loras: z.array(z.strictObject({ name: z.string(), scale: z.number().optional() })).max(16).optional(),
  latents: z.strictObject({ data: z.string(), shape: z.array(z.int().min(1)) }).optional(), // base64 float32
  numFrames: z.int().min(1).max(1024).optional(),
  fps: z.number().min(1).max(120).optional(),
  outputFormat: z.enum(['png', 'jpeg', 'webp', 'gif', 'mp4']).optional(),

  // Embeddings and reranking
  texts: z.array(z.string()).min(1).max(4096).optional(),
  normalize: z.boolean().optional(),
  pooling: z.enum(['mean', 'cls', 'lasttoken', 'max', 'mean_sqrt_len_tokens', 'weightedmean']).optional(),
  dimensions: z.int().min(1).max(65_536).optional(),
  promptName: z.string().max(200).optional(),
  query: z.string().optional(),
  documents: z.array(z.string()).min(1).max(4096).optional(),
  topN: z.int().min(1).optional(),
  /** Over-long input is refused unless this is true; then it is cut at the model's limit and the answer says so. */
  truncate: z.boolean().optional(),

  // Speech and sound
  language: z.string().max(50).optional(),
  translate: z.boolean().optional(),
  timestamps: z.enum(['none', 'segment', 'word']).optional(),
  voice: z.string().max(200).optional(),
  speed: z.number().min(0.25).max(4).optional(),
  audioFormat: z.enum(['wav', 'flac', 'mp3', 'opus']).optional(),

  // Vision and classification
  labels: z.array(z.string()).min(1).max(1000).optional(),
  threshold: z.number().min(0).max(1).optional(),
  points: z.array(z.array(z.number())).optional(),
  boxes: z.array(z.array(z.number()).length(4)).optional(),

  // Questions, forecasts, any graph
  question: z.string().optional(),
  context: z.string().optional(),
  values: z.array(z.array(z.number())).optional(), // [time, channel]
  horizon: z.int().min(1).optional(),
  tensors: z.record(z.string(), tensorSchema).optional(),
});
export type GenerateRequest = z.infer<typeof generateRequestSchema>;

/** Text of a message's content, its text parts joined. */
export function messageText(message: Message): string {
  if (typeof message.content === 'string') return message.content;
  return (message.content ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('');
}
