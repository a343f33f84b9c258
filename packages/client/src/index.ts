export type { GenerateRequest, Message, ToolCall, Usage } from '@llmi/core';
export type { Answer, AnswerOfTask, AnswersByTask, Capabilities, ClientEvent, Health, ModelDetails, ModelList, ModelStatus, ServedModel, Upload } from './answers.js';
export { LlmiClient, type CallOptions, type ClientOptions } from './client.js';
export { readEvents } from './event-stream.js';
export { LlmiClientError, type ClientErrorCode } from './errors.js';
