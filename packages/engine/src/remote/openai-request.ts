import { LlmiError, type GenerateRequest, type Message } from '@llmi/core';

/** Which of OpenAI's routes a request belongs to. */
export type OpenaiKind = 'chat' | 'completions' | 'embeddings' | 'rerank' | 'image' | 'speech' | 'transcription';

const pictureFields = ['numImages', 'width', 'height', 'numInferenceSteps', 'guidanceScale', 'negativePrompt', 'image', 'maskImage', 'strength'] as const;
const speechFields = ['voice', 'audioFormat', 'speed'] as const;
const kindsByTask: Record<string, OpenaiKind> = {
  'text-to-image': 'image',
  'image-to-image': 'image',
  'text-to-speech': 'speech',
  'automatic-speech-recognition': 'transcription',
  'feature-extraction': 'embeddings',
  'sentence-similarity': 'embeddings',
  'text-ranking': 'rerank',
};

/** By what is asked; where a prompt alone tells nothing, by what the engine does. */
export function kindOf(request: GenerateRequest, tasks: readonly string[]): OpenaiKind {
  const has = (fields: readonly (keyof GenerateRequest)[]) => fields.some((field) => request[field] !== undefined);
  if (request.messages) return 'chat';
  if (request.texts) return 'embeddings';
  if (request.query !== undefined && request.documents) return 'rerank';
  if (request.audio !== undefined) return 'transcription';
  if (has(pictureFields)) return 'image';
  if (has(speechFields)) return 'speech';
  const named = kindsByTask[request.task ?? ''] ?? (tasks.includes('text-generation') ? undefined : kindsByTask[tasks[0] ?? '']);
  if (named) return named;
  return request.mode === 'complete' ? 'completions' : 'chat';
}

/** Body of POST /v1/chat/completions, as a stream. @throws {LlmiError} INPUT_UNSUPPORTED */
export function chatBody(model: string, request: GenerateRequest): object {
  const { logprobs, responseFormat, tools, toolChoice, reasoning } = request;
  return withoutUndefined({
    ...samplingBody(model, request),
    messages: messagesOf(request).map(messageBody),
    ...(logprobs === undefined ? {} : { logprobs: true, top_logprobs: logprobs }),
    // llama-server takes a grammar by this name
    ...(responseFormat?.type === 'grammar' ? { grammar: responseFormat.grammar } : { response_format: responseFormat }),
    tools,
    tool_choice: toolChoice,
    reasoning_effort: effortOf(reasoning),
  });
}

/** Body of POST /v1/completions, as a stream. */
export function completionBody(model: string, request: GenerateRequest): object {
  if (request.prompt === undefined) throw unsupported('messages', 'This mode goes on from a prompt.');
  const { responseFormat } = request;
  return withoutUndefined({ ...samplingBody(model, request), prompt: request.prompt, logprobs: request.logprobs, ...(responseFormat?.type === 'grammar' ? { grammar: responseFormat.grammar } : { response_format: responseFormat }) });
}

/** What chat and completions have in common; from top_k on as vLLM, SGLang and llama-server call it. */
function samplingBody(model: string, request: GenerateRequest): object {
  return {
    model,
    stream: true,
    stream_options: { include_usage: true },
    max_tokens: request.maxTokens,
    temperature: request.temperature,
    top_p: request.topP,
    presence_penalty: request.presencePenalty,
    frequency_penalty: request.frequencyPenalty,
    seed: request.seed,
    stop: request.stopSequences,
    logit_bias: request.logitBias,
    top_k: request.topK,
    min_p: request.minP,
    repetition_penalty: request.repetitionPenalty,
    xtc_probability: request.xtcProbability,
    xtc_threshold: request.xtcThreshold,
    dry_multiplier: request.dryMultiplier,
    dry_base: request.dryBase,
    dry_allowed_length: request.dryAllowedLength,
    dry_penalty_last_n: request.dryLastTokens,
    dry_sequence_breakers: request.dryBreakers,
  };
}

function messagesOf({ messages, prompt, system, images }: GenerateRequest): Message[] {
  const pictures = (images ?? []).map((image) => ({ type: 'image_url' as const, image_url: { url: asDataUrl(image) } }));
  const asked: Message[] = messages ?? [{ role: 'user', content: pictures.length === 0 ? (prompt ?? '') : [...pictures, { type: 'text', text: prompt ?? '' }] }];
  if (messages && pictures.length > 0) throw unsupported('images', 'Pictures of a conversation go into its messages.');
  return system === undefined ? asked : [{ role: 'system', content: system }, ...asked];
}

function messageBody({ role, content, name, reasoningContent, toolCalls, toolCallId }: Message): object {
  return withoutUndefined({ role, content: content ?? null, name, reasoning_content: reasoningContent ?? undefined, tool_calls: toolCalls, tool_call_id: toolCallId });
}

function effortOf(reasoning: GenerateRequest['reasoning']): string | undefined {
  if (typeof reasoning === 'number') throw unsupported('reasoning', 'A remote engine takes no number of tokens to think.', 'Use off, minimal, low, medium or high.');
  if (reasoning === 'off') return 'none';
  return reasoning === 'auto' ? undefined : reasoning === 'on' ? 'medium' : reasoning;
}

/** Base64 as an address; what is one already stays. */
export function asDataUrl(media: string): string {
  if (/^(data|https?):/.test(media)) return media;
  const [type] = [['iVBOR', 'image/png'], ['/9j/', 'image/jpeg'], ['UklGR', 'image/webp'], ['R0lGOD', 'image/gif']].find(([start]) => media.startsWith(start!))?.slice(1) ?? ['application/octet-stream'];
  return `data:${type};base64,${media}`;
}

export function withoutUndefined(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

export function unsupported(param: string, message: string, hint = 'Leave it out, or ask a model of this machine.'): LlmiError {
  return new LlmiError('INPUT_UNSUPPORTED', { message, hint, param });
}
