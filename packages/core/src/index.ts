export { BaseHandler, type CallOptions, type InferenceParams, type TrainingParams } from './base-handler.js';
export { collect, collectAs, collectDone } from './collect.js';
export { defineHandler, isHandlerDefinition, type HandlerDefinition } from './define-handler.js';
export { errorKinds, isAbort, LlmiError, type ErrorBody, type ErrorCode, type ErrorOptions } from './errors.js';
export { discoverHandlers, type DiscoverOptions, type DiscoveryProblem, type HandlerOrigin, type HandlerPackage } from './discovery.js';
export { doneEvent, generateEventSchema, type DoneEvent, type GenerateEvent } from './generate-event.js';
export {
  contentPartSchema,
  generateRequestSchema,
  messageSchema,
  messageText,
  toolCallSchema,
  type ContentPart,
  type GenerateRequest,
  type Message,
  type ToolCall,
} from './generate-request.js';
export {
  answerEnvelopeSchema,
  finishReasonSchema,
  generateResultSchema,
  tokenLogprobSchema,
  usageSchema,
  type AnswerEnvelope,
  type FinishReason,
  type GenerateResult,
  type ResultOf,
  type ResultType,
  type TokenLogprob,
  type Usage,
} from './generate-result.js';
export { toSrt, toVtt, type SubtitleSegment } from './subtitles.js';
export type { GenerateOptions, LoadedModel, LoadedModelInfo, LoadOptions, LoadProgress } from './loaded-model.js';
export { handlerApiVersion, handlerManifestSchema, matchSchema, packageManifestSchema, type HandlerManifest, type Match } from './manifest.js';
export { explainReason, matchesGlob, matchKinds, matchManifest, type MatchKind, type MatchReason, type MatchVerdict } from './match.js';
export {
  chosenFiles,
  ggufFactsSchema,
  isWeightFile,
  jsonFile,
  modelFileSchema,
  modelFormatSchema,
  modelInfoSchema,
  type GgufFacts,
  type ModelFile,
  type ModelFormat,
  type ModelInfo,
  type ModelInfoInput,
  type SafetensorsFacts,
} from './model-info.js';
export {
  modelCapabilitiesSchema,
  modelRequirementsSchema,
  quantizationOptionSchema,
  toGigabytes,
  workSchema,
  type Dependency,
  type MemoryPart,
  type ModelCapabilities,
  type ModelCapabilitiesInput,
  type ModelRequirements,
  type ModelRequirementsInput,
  type QuantizationOption,
  type SystemDependency,
  type Validation,
  type Work,
} from './model-requirements.js';
export { nearestKind } from './nearest-kind.js';
export { HandlerRegistry, importHandler, type RankedHandler, type RegisteredHandler, type SelectOptions } from './registry.js';
export { fromWire, nearest, parseInput, toSnakeCase, toWire, wireJsonSchema } from './wire.js';
