import type { ContentPart, GenerateRequest, Message } from '@llmi/core';
import { withoutUndefined } from '../../without-undefined.js';
import type { ChatMessage, ChatRequest, CompletionRequest, EmbeddingRequest } from './request-schemas.js';

type Effort = NonNullable<ChatRequest['reasoning_effort']>;

/** Efforts beyond ours mean the most there is. */
export const reasoningByEffort: Record<Effort, NonNullable<GenerateRequest['reasoning']>> = {
  none: 'off',
  minimal: 'minimal',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
};

export function mapChat(request: ChatRequest): GenerateRequest {
  const { reasoning_effort: effort, tools, tool_choice: toolChoice, response_format: responseFormat } = request;
  return withoutUndefined({
    ...mapSampling(request),
    mode: 'chat',
    messages: request.messages.map(mapMessage),
    maxTokens: request.max_completion_tokens ?? request.max_tokens ?? undefined,
    logprobs: request.logprobs ? (request.top_logprobs ?? 0) : undefined,
    responseFormat: responseFormat ?? undefined,
    tools: tools ?? undefined,
    toolChoice: toolChoice ?? undefined,
    reasoning: effort ? reasoningByEffort[effort] : undefined,
  });
}

/** One request per prompt. */
export function mapCompletion(request: CompletionRequest): GenerateRequest[] {
  const prompts = typeof request.prompt === 'string' ? [request.prompt] : request.prompt;
  const common = { ...mapSampling(request), mode: 'complete', maxTokens: request.max_tokens ?? undefined, logprobs: request.logprobs ?? undefined };
  return prompts.map((prompt) => withoutUndefined({ ...common, prompt }));
}

export function mapEmbedding({ input, dimensions }: EmbeddingRequest): GenerateRequest {
  return withoutUndefined({ texts: typeof input === 'string' ? [input] : input, dimensions: dimensions ?? undefined });
}

/** `n` choices of one request: runs whose seeds count up from the one that was asked for. */
export function choicesOf(request: GenerateRequest, n: number | null | undefined): GenerateRequest[] {
  const { seed } = request;
  return Array.from({ length: n ?? 1 }, (_, index) => (seed === undefined ? request : { ...request, seed: seed + index }));
}

function mapSampling(request: ChatRequest | CompletionRequest): GenerateRequest {
  const { stop } = request;
  return {
    temperature: request.temperature ?? undefined,
    topP: request.top_p ?? undefined,
    topK: request.top_k ?? undefined,
    minP: request.min_p ?? undefined,
    repetitionPenalty: request.repetition_penalty ?? undefined,
    presencePenalty: request.presence_penalty ?? undefined,
    frequencyPenalty: request.frequency_penalty ?? undefined,
    seed: request.seed ?? undefined,
    logitBias: request.logit_bias ?? undefined,
    stopSequences: typeof stop === 'string' ? [stop] : (stop ?? undefined),
  };
}

function mapMessage(message: ChatMessage): Message {
  return withoutUndefined<Message>({
    role: message.role,
    content: mapContent(message),
    name: message.name ?? undefined,
    reasoningContent: message.reasoning_content ?? undefined,
    toolCalls: message.tool_calls ?? undefined,
    toolCallId: message.tool_call_id ?? undefined,
  });
}

/** A refusal is text that the assistant said. */
function mapContent({ content, refusal }: ChatMessage): Message['content'] {
  if (content === null || content === undefined) return refusal ?? content;
  if (typeof content === 'string') return content;
  return content.map((part): ContentPart => (part.type === 'refusal' ? { type: 'text', text: part.refusal } : part));
}
