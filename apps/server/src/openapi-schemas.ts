import { answerEnvelopeSchema, generateEventSchema, generateResultSchema, modelCapabilitiesSchema, wireJsonSchema } from '@llmi/core';
import { z } from 'zod';
import { loadModelSchema, unloadModelSchema } from './dialects/native/models.js';
import { uploadSchema } from './dialects/native/upload.js';
import { nativeRequestSchema } from './dialects/native/wire.js';
import { anthropicErrorSchema, countTokensReplySchema, messageEventSchema, messageReplySchema } from './dialects/anthropic/reply-schemas.js';
import { countTokensRequestSchema, messagesRequestSchema } from './dialects/anthropic/request-schemas.js';
import * as ollamaReplies from './dialects/ollama/reply-schemas.js';
import * as ollamaRequests from './dialects/ollama/request-schemas.js';
import { batchesSchema, batchRequestSchema, batchSchema, fileDeletedSchema, fileSchema, filesSchema, fileUploadSchema } from './dialects/openai/batches/schemas.js';
import { speechRequestSchema, transcriptionEventSchema, transcriptionReplySchema, transcriptionRequestSchema } from './dialects/openai/media/audio-schemas.js';
import { imageEditSchema, imageEventSchema, imageRequestSchema, imagesReplySchema, imageVariationSchema } from './dialects/openai/media/image-schemas.js';
import { videoDeletedSchema, videoRequestSchema, videoSchema, videosSchema } from './dialects/openai/media/video-schemas.js';
import { rerankReplySchema, rerankRequestSchema } from './dialects/openai/rerank.js';
import { responseDeletedSchema, responseEventSchema, responseSchema } from './dialects/openai/responses/reply-schemas.js';
import { responseRequestSchema } from './dialects/openai/responses/request-schema.js';
import { chatChunkSchema, chatCompletionSchema, completionSchema, embeddingsSchema, openaiErrorSchema, openaiModelSchema, openaiModelsSchema } from './dialects/openai/reply-schemas.js';
import { chatRequestSchema, completionRequestSchema, embeddingRequestSchema } from './dialects/openai/request-schemas.js';

// Names here are written as in TypeScript; wireJsonSchema puts them into snake_case.
const errorSchema = z.object({
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional(), param: z.string().optional(), requestId: z.string() }),
});

const statusFields = {
  loaded: z.boolean(),
  state: z.enum(['loading', 'ready', 'stopping']).optional(),
  pinned: z.boolean().optional(),
  pid: z.int().nullish(),
  loadedAt: z.iso.datetime().optional(),
  lastUsedAt: z.iso.datetime().optional(),
  active: z.int().optional(),
  waiting: z.int().optional(),
  memoryBytes: z.number().nullish(),
  replicas: z.array(z.object({ pid: z.int().nullable(), active: z.int(), memoryBytes: z.number().nullable() })).optional(),
  device: z.string().nullish(),
  contextLength: z.int().nullish(),
  parallel: z.int().nullish(),
};

const capabilitiesSchema = modelCapabilitiesSchema.extend({ modeDescriptions: z.record(z.string(), z.string()) });

const modelSchema = z.object({
  name: z.string(),
  task: z.string().nullable(),
  modelType: z.string(),
  modelFamily: z.string(),
  revision: z.string().nullable(),
  quantization: z.string().nullable(),
  handler: z.string(),
  handlerVersion: z.string(),
  sizeBytes: z.number(),
  installedAt: z.iso.datetime(),
  temporary: z.boolean(),
  ...statusFields,
});

const infoSchema = z.object({
  modelId: z.string(),
  modelType: z.string(),
  modelFamily: z.string(),
  revision: z.string().nullable(),
  quantization: z.string().nullable(),
  capabilities: capabilitiesSchema,
  device: z.string().nullable(),
  dtype: z.string().nullable(),
  contextLength: z.int().nullable(),
  streamMode: z.boolean(),
  loraLoaded: z.boolean(),
  loraPath: z.string().nullable(),
  loaded: z.boolean(),
  memory: z.object({ modelBytes: z.number().nullable(), serverBytes: z.number(), requiredBytes: z.number() }),
  versions: z.object({ llmi: z.string(), node: z.string(), handler: z.string() }),
});

const resultOptions = generateResultSchema.options;
const answerSchema = z.union(resultOptions.map((option) => option.extend(answerEnvelopeSchema.shape)));
const doneSchema = z.object({
  type: z.literal('done'),
  resultType: z.enum(resultOptions.map((option) => option.shape.type.value)),
  fullText: z.string().optional(),
  finished: z.literal(true),
  ...answerEnvelopeSchema.shape,
});
const streamEventSchema = z.union([
  ...generateEventSchema.options.filter((option) => option.shape.type.value !== 'done'),
  doneSchema.loose().describe('The last event: the whole answer, its fields beside these.'),
  z.object({ type: z.literal('error'), finished: z.literal(true), ...errorSchema.shape }),
]);

const input = {
  GenerateRequest: nativeRequestSchema,
  Upload: uploadSchema,
  LoadModel: loadModelSchema,
  UnloadModel: unloadModelSchema,
  ChatCompletionRequest: chatRequestSchema,
  CompletionRequest: completionRequestSchema,
  EmbeddingRequest: embeddingRequestSchema,
  ResponseRequest: responseRequestSchema,
  RerankRequest: rerankRequestSchema,
  ImageRequest: imageRequestSchema,
  ImageEdit: imageEditSchema,
  ImageVariation: imageVariationSchema,
  SpeechRequest: speechRequestSchema,
  TranscriptionRequest: transcriptionRequestSchema,
  VideoRequest: videoRequestSchema,
  FileUpload: fileUploadSchema,
  BatchRequest: batchRequestSchema,
  MessagesRequest: messagesRequestSchema,
  CountTokensRequest: countTokensRequestSchema,
  OllamaChat: ollamaRequests.chatSchema,
  OllamaGenerate: ollamaRequests.generateSchema,
  OllamaEmbed: ollamaRequests.embedSchema,
  OllamaEmbeddings: ollamaRequests.embeddingsSchema,
  OllamaShowRequest: ollamaRequests.showSchema,
  OllamaPull: ollamaRequests.pullSchema,
  OllamaDelete: ollamaRequests.deleteSchema,
};

const output = {
  GenerateAnswer: answerSchema,
  StreamEvent: streamEventSchema,
  Health: z.object({ status: z.literal('healthy'), modelLoaded: z.boolean(), timestamp: z.iso.datetime(), version: z.string() }),
  Ready: z.object({ status: z.literal('ready') }),
  Info: infoSchema,
  Capabilities: capabilitiesSchema.extend({ textGeneration: z.boolean(), imageGeneration: z.boolean(), multimodal: z.boolean(), modes: z.array(z.string()) }),
  Models: z.object({ models: z.array(modelSchema), defaultModel: z.string().nullable() }),
  ModelStatus: z.object({ model: z.string(), ...statusFields }),
  Uploaded: z.object({ id: z.string(), size: z.int(), contentType: z.string() }),
  Unloaded: z.object({ model: z.string(), unloaded: z.boolean() }),
  ChatCompletion: chatCompletionSchema,
  ChatCompletionChunk: chatChunkSchema,
  Completion: completionSchema,
  Embeddings: embeddingsSchema,
  OpenaiModel: openaiModelSchema,
  OpenaiModels: openaiModelsSchema,
  Error: errorSchema,
  OpenaiError: openaiErrorSchema,
  Response: responseSchema,
  ResponseEvent: responseEventSchema,
  ResponseDeleted: responseDeletedSchema,
  Rerank: rerankReplySchema,
  Images: imagesReplySchema,
  ImageEvent: imageEventSchema,
  Transcription: transcriptionReplySchema,
  TranscriptionEvent: transcriptionEventSchema,
  Video: videoSchema,
  Videos: videosSchema,
  VideoDeleted: videoDeletedSchema,
  File: fileSchema,
  Files: filesSchema,
  FileDeleted: fileDeletedSchema,
  Batch: batchSchema,
  Batches: batchesSchema,
  Message: messageReplySchema,
  MessageEvent: messageEventSchema,
  CountTokens: countTokensReplySchema,
  AnthropicError: anthropicErrorSchema,
  OllamaChatReply: ollamaReplies.ollamaChatReplySchema,
  OllamaGenerateReply: ollamaReplies.ollamaGenerateReplySchema,
  OllamaEmbedReply: ollamaReplies.ollamaEmbedReplySchema,
  OllamaEmbeddingsReply: ollamaReplies.ollamaEmbeddingsReplySchema,
  OllamaTags: ollamaReplies.ollamaTagsSchema,
  OllamaRunning: ollamaReplies.ollamaRunningSchema,
  OllamaShow: ollamaReplies.ollamaShowSchema,
  OllamaPullProgress: ollamaReplies.ollamaPullProgressSchema,
  OllamaVersion: ollamaReplies.ollamaVersionSchema,
  OllamaError: ollamaReplies.ollamaErrorSchema,
};

export type SchemaName = keyof typeof input | keyof typeof output;

/** JSON schemas of everything that crosses the wire, by name. */
export function wireSchemas(): Record<string, unknown> {
  return {
    ...Object.fromEntries(Object.entries(input).map(([name, schema]) => [name, jsonSchema(schema, 'input')])),
    ...Object.fromEntries(Object.entries(output).map(([name, schema]) => [name, jsonSchema(schema, 'output')])),
  };
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = wireJsonSchema(schema, io);
  return rest;
}
