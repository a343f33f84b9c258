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

export const messageSchema = z
  .strictObject({
    role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
    content: z.union([z.string(), z.array(contentPartSchema).min(1)]).nullish(),
    name: z.string().optional(),
    reasoningContent: z.string().nullish(),
    toolCalls: z.array(toolCallSchema).optional(),
    toolCallId: z.string().optional(),
  })
  .refine(({ role, content }) => role === 'assistant' || (content !== undefined && content !== null), {
    path: ['content'],
    message: 'text, or parts: only an assistant may say nothing',
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
  model: z.string().min(1).optional().describe('Installed model that answers; may be left out where the server has one model or a default.'),
  mode: z.string().regex(/^[a-zA-Z0-9_-]{1,50}$/, 'letters, digits, _ and -, at most 50').optional().describe('Way of working: one of the supported modes of the model; auto unless said.'),
  task: z.string().min(1).max(100).optional().describe('What to do: one of the tasks of the model; its own choice unless said.'),

  // Text in: one of the two
  prompt: z.string().max(1_000_000).optional().describe('Text to go on from or to work on, instead of messages.'),
  messages: z.array(messageSchema).min(1).max(1000).optional().describe('Conversation so far, oldest message first, instead of a prompt.'),
  system: z.string().max(1_000_000).optional().describe('Instructions that come before the conversation.'),

  // Sampling
  maxTokens: z.int().min(1).max(1_000_000).optional().describe('Longest answer, in tokens.'),
  temperature: z.number().min(0).max(2).optional().describe('Randomness of the choice of tokens; 0 is greedy and gives the same answer every time.'),
  topP: z.number().min(0).max(1).optional().describe('Chooses among the likeliest tokens whose probabilities add up to this; 1 turns it off.'),
  topK: z.int().min(0).max(100_000).optional().describe('Chooses among this many of the likeliest tokens, 0 for all; for labels, how many to give.'),
  minP: z.number().min(0).max(1).optional().describe('Leaves out tokens less likely than this share of the likeliest one; 0 turns it off.'),
  repetitionPenalty: z.number().min(0.01).max(10).optional().describe('Makes tokens that were used less likely; 1 turns it off.'), // 1 turns it off
  presencePenalty: z.number().min(-2).max(2).optional().describe('Lowers the score of every token that was used; 0 turns it off.'),
  frequencyPenalty: z.number().min(-2).max(2).optional().describe('Lowers the score of a token each time it was used; 0 turns it off.'),
  seed: z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional().describe('Start of the random numbers: the same seed and request give the same answer.'),
  xtcProbability: z.number().min(0).max(1).optional().describe('How often the likeliest tokens are left out, to say something else; 0 turns it off.'),
  xtcThreshold: z.number().min(0).max(0.5).optional().describe('Tokens at least this likely can be left out by xtc_probability, all but the last of them; 0.1 unless said.'),
  dryMultiplier: z.number().min(0).max(10).optional().describe('Lowers the score of tokens that would repeat a run of the answer; 0 turns it off.'),
  dryBase: z.number().min(1).max(10).optional().describe('How fast that grows with the length of the repeated run; 1.75 unless said.'),
  dryAllowedLength: z.int().min(1).max(1000).optional().describe('Longest run of tokens that may be repeated freely; 2 unless said.'),
  dryLastTokens: z.int().min(0).max(1_000_000).optional().describe('How many of the last tokens count for that; all unless said.'),
  dryBreakers: z.array(z.string().min(1).max(100)).max(64).optional().describe('Texts that end a repeated run; a new line, a colon, a quote and an asterisk unless said.'),
  stopSequences: z.array(z.string().min(1).max(1000)).max(16).optional().describe('Texts that end the answer where they appear; they are not part of it.'),
  logitBias: z.record(z.string().regex(/^\d+$/, 'a token id'), z.number().min(-100).max(100)).optional().describe('Added to the scores of tokens, by token id, from -100 to 100.'),
  logprobs: z.int().min(0).max(20).optional().describe('Log probabilities per token, with this many alternatives; 0 gives the chosen token alone.'),

  // Shape of the answer
  responseFormat: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('text') }),
      z.strictObject({ type: z.literal('json_object') }),
      z.strictObject({ type: z.literal('grammar'), grammar: z.string().min(1).max(100_000) }), // GBNF
      z.strictObject({
        type: z.literal('json_schema'),
        json_schema: z.looseObject({ name: z.string().optional(), schema: z.record(z.string(), z.unknown()), strict: z.boolean().nullish() }),
      }),
    ])
    .optional()
    .describe('Form of the answer: text, json_object, json_schema with a schema to keep to, or grammar with a grammar in GBNF.'),
  tools: z.array(toolSchema).max(128).optional().describe('Functions that the model may call.'),
  toolChoice: z
    .union([
      z.enum(['none', 'auto', 'required']),
      z.strictObject({ type: z.literal('function'), function: z.strictObject({ name: z.string() }) }),
    ])
    .optional()
    .describe('Whether it may, must or must not call a function, or which one it must call.'),
  reasoning: z.union([z.enum(['auto', 'off', 'on', 'minimal', 'low', 'medium', 'high']), z.int().min(0)]).optional().describe('Thinking before the answer: auto, off, on, how much, or at most so many tokens.'),

  // Media in
  images: z.array(base64OrId).max(64).optional().describe('Pictures to look at: base64, data URLs or upload ids.'),
  audio: base64OrId.optional().describe('Sound to listen to: base64, a data URL or an upload id.'),
  video: base64OrId.optional().describe('Film to watch: base64, a data URL or an upload id.'),

  // Pictures and film out
  negativePrompt: z.string().max(1_000_000).optional().describe('What the picture should not show.'),
  numInferenceSteps: z.int().min(1).max(1000).optional().describe('Denoising steps: more take longer and show more detail.'),
  guidanceScale: z.number().min(0).max(100).optional().describe('How closely to follow the prompt; 1 turns guidance off.'),
  width: side.optional().describe('Width of the picture in pixels.'),
  height: side.optional().describe('Height of the picture in pixels.'),
  scheduler: z.string().max(100).optional().describe('Denoising algorithm, by name; the one of the model unless said.'),
  numImages: z.int().min(1).max(64).optional().describe('How many pictures to make.'),
  strength: z.number().min(0).max(1).optional().describe('How much of the given picture to change: 0 nothing, 1 everything.'),
  image: base64OrId.optional().describe('Picture to start from: base64, a data URL or an upload id.'),
  maskImage: base64OrId.optional().describe('Where to paint, in white: base64, a data URL or an upload id.'),
  controlnetImage: base64OrId.optional().describe('Picture that guides the composition: base64, a data URL or an upload id.'),
  clipSkip: z.int().min(0).max(12).optional().describe('Last layers of the text encoder to leave out.'),
  loras: z.array(z.strictObject({ name: z.string(), scale: z.number().optional() })).max(16).optional().describe('Adapters to apply, by name, each with its scale (1 unless said).'),
  latents: z.strictObject({ data: z.string(), shape: z.array(z.int().min(1)) }).optional().describe('Noise to start from: base64 of little-endian float32 values, and their shape.'),
  numFrames: z.int().min(1).max(1024).optional().describe('Length of the film in frames.'),
  fps: z.number().min(1).max(120).optional().describe('Frames per second of the film.'),
  outputFormat: z.enum(['png', 'jpeg', 'webp', 'gif', 'mp4']).optional().describe('File format of the picture or film.'),

  // Embeddings and reranking
  texts: z.array(z.string()).min(1).max(4096).optional().describe('Texts to embed or classify.'),
  normalize: z.boolean().optional().describe('Scales vectors to length 1.'),
  pooling: z.enum(['mean', 'cls', 'lasttoken', 'max', 'mean_sqrt_len_tokens', 'weightedmean']).optional().describe('How token vectors become one; the way of the model unless said.'),
  dimensions: z.int().min(1).max(65_536).optional().describe('Length to cut vectors to, for models made for it.'),
  promptName: z.string().max(200).optional().describe('Which of the prompts of the model to put before each text.'),
  precision: z.enum(['float32', 'int8', 'uint8', 'binary', 'ubinary']).optional().describe('Number format of the vectors: float32, a byte per dimension (int8, uint8), or a bit (binary, ubinary: eight dimensions a byte).'),
  ranges: z.array(z.array(z.number())).length(2).optional().describe('Smallest and largest value of each dimension, for bytes; of the vectors of this request unless said.'), // [2, dimensions]
  chunkTokens: z.int().min(1).max(1_000_000).optional().describe('Late chunking: reads each text whole, however long, and gives a vector for every piece of at most so many tokens.'),
  query: z.string().optional().describe('What the documents are ranked by.'),
  documents: z.array(z.string()).min(1).max(4096).optional().describe('Texts to rank by the query.'),
  topN: z.int().min(1).optional().describe('How many of the best documents to give; all unless said.'),
  contextShift: z.boolean().optional().describe('Drops the middle of a full context and goes on, and says so, instead of ending the answer.'),
  truncate: z.boolean().optional().describe('Cuts over-long input at the limit of the model, and says so, instead of refusing it.'),

  // Speech and sound
  language: z.string().max(50).optional().describe('Language spoken, to speak, or to translate into, as a code (en) or a name; found out unless said.'),
  sourceLanguage: z.string().max(50).optional().describe('Language to translate from, as a code (en) or a name; the one that the model expects unless said.'),
  translate: z.boolean().optional().describe('Writes down speech in English instead of its own language.'),
  timestamps: z.enum(['none', 'segment', 'word']).optional().describe('Times in the transcription: none, for each segment, or for each word.'),
  voice: z.string().max(200).optional().describe('Voice to speak with, by name.'),
  speed: z.number().min(0.25).max(4).optional().describe('Speed of speech; 1 is normal.'),
  audioFormat: z.enum(['wav', 'flac', 'mp3', 'opus']).optional().describe('File format of the sound.'),

  // Vision and classification
  labels: z.array(z.string()).min(1).max(1000).optional().describe('Labels to choose from.'),
  threshold: z.number().min(0).max(1).optional().describe('Leaves out results with a lower score.'),
  points: z.array(z.array(z.number())).optional().describe('Places in the picture to segment at, in pixels: [x, y], or [x, y, 0] for a place that does not belong to it.'),
  boxes: z.array(z.array(z.number()).length(4)).optional().describe('Boxes in the picture to segment, in pixels: [xmin, ymin, xmax, ymax].'),

  // Questions, forecasts, any graph
  question: z.string().optional().describe('What to answer from the context or the picture.'),
  context: z.string().optional().describe('Text that holds the answer.'),
  values: z.array(z.array(z.number())).optional().describe('Series to forecast: one row per point in time, one number per channel.'), // [time, channel]
  horizon: z.int().min(1).optional().describe('Points in time to forecast.'),
  tensors: z.record(z.string(), tensorSchema).optional().describe('Inputs of the graph by name: data (numbers, or base64 of little-endian bytes), shape, dtype.'),
});
export type GenerateRequest = z.infer<typeof generateRequestSchema>;

/** Text of a message's content, its text parts joined. */
export function messageText(message: Message): string {
  if (typeof message.content === 'string') return message.content;
  return (message.content ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('');
}
