import { doneEvent, LlmiError, type FinishReason, type GenerateEvent, type GenerateRequest, type TokenLogprob, type ToolCall, type Usage } from '@llmi/core';
import { readEvents } from '@llmi/client';
import type { RemoteEndpoint } from './endpoint.js';
import { chatBody, completionBody } from './openai-request.js';

interface Delta {
  content?: string | null;
  reasoning_content?: string | null;
  reasoning?: string | null; // so called by newer vLLM, and by Ollama
  tool_calls?: { index?: number; id?: string; function?: { name?: string; arguments?: string } }[];
}

interface ChatLogprob {
  token: string;
  logprob: number;
  top_logprobs?: { token: string; logprob: number }[];
}

interface CompletionLogprobs {
  tokens: string[];
  token_logprobs: (number | null)[];
  top_logprobs?: (Record<string, number> | null)[];
}

interface Chunk {
  choices?: { delta?: Delta; text?: string; finish_reason?: string | null; logprobs?: { content?: ChatLogprob[] | null } | CompletionLogprobs | null }[];
  usage?: { prompt_tokens?: number; completion_tokens?: number; total_tokens?: number; prompt_tokens_details?: { cached_tokens?: number } | null; completion_tokens_details?: { reasoning_tokens?: number } | null } | null;
  error?: { message?: string } | string;
}

const finishReasons: Record<string, FinishReason> = { stop: 'stop', length: 'length', tool_calls: 'tool_calls', function_call: 'tool_calls', content_filter: 'content_filter', eos: 'stop', eos_token: 'stop', stop_sequence: 'stop' };

/** Text of a chat or a completion, token by token. Source: https://github.com/openai/openai-openapi */
export async function* openaiText(endpoint: RemoteEndpoint, model: string, request: GenerateRequest, kind: 'chat' | 'completions', signal: AbortSignal | undefined): AsyncGenerator<GenerateEvent> {
  const path = kind === 'chat' ? '/v1/chat/completions' : '/v1/completions';
  const response = await endpoint.send(path, { body: kind === 'chat' ? chatBody(model, request) : completionBody(model, request), signal });
  const answer = new Answer();
  for await (const data of readEvents(endpoint.chunks(response, signal))) {
    if (data === '[DONE]') break;
    yield* answer.take(parse(endpoint, data));
  }
  if (answer.finishReason === undefined) throw broken(endpoint, 'The stream ended before the answer was complete.');
  for (const [index, toolCall] of answer.calls.entries()) yield { type: 'tool_call', index, toolCall };
  yield answer.done(request.seed);
}

/** What has been said so far. */
class Answer {
  readonly calls: ToolCall[] = [];
  finishReason: FinishReason | undefined;
  #text = '';
  #reasoning = '';
  #pieces = 0;
  #usage: Usage | undefined;
  readonly #logprobs: TokenLogprob[] = [];

  *take({ choices, usage }: Chunk): Generator<GenerateEvent> {
    if (usage) this.#usage = usageOf(usage);
    const choice = choices?.[0];
    if (!choice) return;
    const { delta, text, finish_reason: reason } = choice;
    const reasoning = delta?.reasoning_content ?? delta?.reasoning;
    if (reasoning) {
      this.#reasoning += reasoning;
      this.#pieces += 1;
      yield { type: 'reasoning', token: reasoning };
    }
    const said = delta?.content ?? text;
    const logprobs = logprobsOf(choice.logprobs);
    this.#logprobs.push(...logprobs);
    if (said) {
      this.#text += said;
      this.#pieces += 1;
      yield { type: 'text', token: said, ...(logprobs.length > 0 ? { logprobs } : {}) };
    }
    for (const call of delta?.tool_calls ?? []) this.#addToCall(call);
    if (reason) this.finishReason = finishReasons[reason] ?? 'stop';
  }

  /** A call comes in pieces: its name first, then its arguments as text. */
  #addToCall({ index = this.calls.length, id, function: called }: NonNullable<Delta['tool_calls']>[number]): void {
    this.calls[index] ??= { id: id ?? `call_${index}`, type: 'function', function: { name: '', arguments: '' } };
    const call = this.calls[index].function;
    call.name += called?.name ?? '';
    call.arguments += called?.arguments ?? '';
  }

  done(seed: number | undefined): GenerateEvent {
    const usage = this.#usage ?? { promptTokens: 0, completionTokens: this.#pieces, totalTokens: this.#pieces }; // an engine that counts nothing says a piece per token
    return doneEvent({
      type: 'text',
      text: this.#text,
      finishReason: this.finishReason!,
      usage,
      ...(this.#reasoning === '' ? {} : { reasoning: this.#reasoning }),
      ...(this.calls.length === 0 ? {} : { toolCalls: this.calls }),
      ...(this.#logprobs.length === 0 ? {} : { logprobs: this.#logprobs }),
      ...(seed === undefined ? {} : { seed }),
    });
  }
}

export function usageOf({ prompt_tokens: promptTokens = 0, completion_tokens: completionTokens = 0, total_tokens: totalTokens, ...details }: NonNullable<Chunk['usage']>): Usage {
  const cachedTokens = details.prompt_tokens_details?.cached_tokens;
  const reasoningTokens = details.completion_tokens_details?.reasoning_tokens;
  return {
    promptTokens,
    completionTokens,
    totalTokens: totalTokens ?? promptTokens + completionTokens,
    ...(cachedTokens === undefined ? {} : { cachedTokens }),
    ...(reasoningTokens === undefined ? {} : { reasoningTokens }),
  };
}

type ChunkLogprobs = NonNullable<NonNullable<Chunk['choices']>[number]['logprobs']>;

function logprobsOf(logprobs: ChunkLogprobs | null | undefined): TokenLogprob[] {
  if (!logprobs) return [];
  if ('tokens' in logprobs) {
    return logprobs.tokens.map((token, index) => ({
      token,
      logprob: logprobs.token_logprobs[index] ?? 0,
      topLogprobs: Object.entries(logprobs.top_logprobs?.[index] ?? {}).map(([other, logprob]) => ({ token: other, logprob })),
    }));
  }
  return (logprobs.content ?? []).map(({ token, logprob, top_logprobs: others }) => ({ token, logprob, topLogprobs: (others ?? []).map((other) => ({ token: other.token, logprob: other.logprob })) }));
}

function parse(endpoint: RemoteEndpoint, data: string): Chunk {
  let chunk: Chunk;
  try {
    chunk = JSON.parse(data) as Chunk;
  } catch {
    throw broken(endpoint, 'A part of the stream is no JSON.');
  }
  if (chunk.error) throw broken(endpoint, (typeof chunk.error === 'string' ? chunk.error : chunk.error.message) ?? 'It failed.');
  return chunk;
}

/** The engine did not answer as its API says. */
export function broken(endpoint: RemoteEndpoint, what: string, cause?: unknown): LlmiError {
  return new LlmiError('REMOTE_FAILED', { message: `The engine of ${endpoint.engine.name}: ${what}`, hint: `Send the request again; the log of ${endpoint.engine.name} may tell why.`, cause });
}
