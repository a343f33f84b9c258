import { LlmiError, type GenerateResult, type ResultOf, type TokenLogprob, type Usage } from '@llmi/core';
import { newId } from '../../new-id.js';
import type { ChatLogprobs, CompletionLogprobs, OpenaiUsage } from './reply-schemas.js';

/** What every reply and every chunk of it begins with. */
export interface ReplyHead {
  id: string;
  created: number; // seconds since 1970
  model: string;
}

export function replyHead(prefix: 'chatcmpl' | 'cmpl', model: string): ReplyHead {
  return { id: newId(`${prefix}-`), created: Math.floor(Date.now() / 1000), model };
}

export type TextResult = ResultOf<'text' | 'multimodal_response'>;

/** @throws {LlmiError} TASK_UNSUPPORTED when the model does not answer with text */
export function asText(result: GenerateResult, model: string): TextResult {
  if (result.type === 'text' || result.type === 'multimodal_response') return result;
  throw new LlmiError('TASK_UNSUPPORTED', {
    message: `${model} answers with "${result.type}", not with text.`,
    hint: 'Use POST /generate, which answers with whatever a model makes.',
    param: 'model',
  });
}

/** Usage over the choices of one request: its prompt counts once, whatever it was asked for. */
export function sumUsage(usages: readonly Usage[], choicesPerPrompt: number): OpenaiUsage {
  const sum = (value: (usage: Usage) => number | undefined, of: readonly Usage[]) => of.reduce((total, usage) => total + (value(usage) ?? 0), 0);
  const prompts = usages.filter((_, index) => index % choicesPerPrompt === 0);
  const promptTokens = sum((usage) => usage.promptTokens, prompts);
  const completionTokens = sum((usage) => usage.completionTokens, usages);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: sum((usage) => usage.cachedTokens, prompts) },
    completion_tokens_details: { reasoning_tokens: sum((usage) => usage.reasoningTokens, usages) },
  };
}

export function chatLogprobs(logprobs: readonly TokenLogprob[] | undefined): ChatLogprobs | null {
  if (!logprobs) return null;
  return { content: logprobs.map((entry) => ({ ...withBytes(entry), top_logprobs: entry.topLogprobs.map(withBytes) })), refusal: null };
}

/** The older shape. `textOffset` is where the first token begins, in characters of the whole text. */
export function completionLogprobs(logprobs: readonly TokenLogprob[] | undefined, textOffset = 0): CompletionLogprobs | null {
  if (!logprobs) return null;
  let offset = textOffset;
  return {
    tokens: logprobs.map(({ token }) => token),
    token_logprobs: logprobs.map(({ logprob }) => logprob),
    top_logprobs: logprobs.map(({ topLogprobs }) => Object.fromEntries(topLogprobs.map(({ token, logprob }) => [token, logprob]))),
    text_offset: logprobs.map(({ token }) => (offset += token.length) - token.length),
  };
}

function withBytes({ token, logprob }: { token: string; logprob: number }) {
  return { token, logprob, bytes: [...Buffer.from(token, 'utf8')] };
}
