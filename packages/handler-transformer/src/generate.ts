import { doneEvent, type GenerateEvent, type TokenLogprob, type ToolCall } from '@llmi/core';
import type { MeasuredToken } from '@llmi/runtime-llama-cpp';
import { answerGrammar } from './answer-grammar.js';
import { Answer, toToolCall } from './answer.js';
import type { TextOptions } from './options.js';
import { makeReader, thinks } from './output/dialect.js';
import { PlainReader, type OutputPart } from './output/parts.js';
import { makePrompt, type Prompt, type PromptMaker } from './prompt.js';
import { StopStrings } from './stop-strings.js';
import type { TextEngine } from './text-engine.js';
import { toolSpecs } from './tools/describe-tools.js';

/**
 * Text for one request, as events.
 *
 * Phases: 1 write the prompt and tokenize it, 2 evaluate it up to the first token, 3 decode token by token, 4 close.
 */
export async function* generateText(maker: PromptMaker, options: TextOptions, signal?: AbortSignal): AsyncGenerator<GenerateEvent, void, undefined> {
  const { model, dialect } = maker;
  const start = performance.now();
  // 1 write the prompt and tokenize it
  const prompt = await makePrompt(maker, options);
  signal?.throwIfAborted();
  const { answer, grammar } = prepareAnswer(maker, options, prompt);
  const prepared = performance.now();

  // 2 evaluate it up to the first token, 3 decode token by token
  const { sampling, maxTokens, logprobs, loras } = options;
  const contextShift = options.contextShift ? { keep: prompt.tokens.length } : undefined; // what was asked stays, the older part of the answer goes
  const generation = model.generate(prompt.tokens, { sampling, maxTokens, logprobs, grammar, loras, contextShift, steer: answer.steer, signal });
  const out = new Output(new StopStrings([...options.stopSequences, ...prompt.stop]), dialect.tools.idStyle);
  let completionTokens = 0;
  let firstToken: number | undefined;
  for await (const { logprobs: measure } of generation) {
    firstToken ??= performance.now();
    completionTokens++;
    if (measure) out.measure(logprobEntry(model, measure));
    yield* out.events(answer.take());
    if (out.stopped !== undefined) break;
  }

  // 4 close
  if (out.stopped === undefined) yield* out.close(answer.end());
  const end = performance.now();
  const promptTokens = prompt.tokens.length;
  const truncatedTokens = prompt.truncatedTokens + generation.shiftedTokens;
  const usage = {
    promptTokens,
    completionTokens,
    totalTokens: promptTokens + completionTokens,
    cachedTokens: generation.cachedTokens,
    ...(answer.reasoningTokens > 0 ? { reasoningTokens: answer.reasoningTokens } : {}),
  };
  const ended = out.stopped === undefined ? (generation.endReason ?? 'stop') : 'stop';
  yield doneEvent(
    {
      type: 'text',
      text: out.text,
      finishReason: ended === 'stop' && out.calls.length > 0 ? 'tool_calls' : ended,
      usage,
      ...(out.reasoning === '' ? {} : { reasoning: out.reasoning }),
      ...(out.calls.length === 0 ? {} : { toolCalls: out.calls }),
      ...(logprobs === undefined ? {} : { logprobs: out.measured }),
      ...(out.stopped !== undefined && options.stopSequences.includes(out.stopped) ? { stopSequence: out.stopped } : {}),
      ...(truncatedTokens > 0 ? { truncatedTokens } : {}),
      ...(sampling.seed === undefined ? {} : { seed: sampling.seed }),
    },
    { prepare: prepared - start, wait: generation.waitMs, prompt: (firstToken ?? end) - prepared - generation.waitMs, decode: end - (firstToken ?? end) },
  );
}

/** What reads the answer, and what it is held to. A model that is not spoken to in its template answers with plain text. */
function prepareAnswer({ model, dialect }: PromptMaker, options: TextOptions, prompt: Prompt) {
  const specs = options.tools && toolSpecs(options.tools);
  if (!prompt.reasoning) {
    const reader = new PlainReader();
    const grammar = answerGrammar(model, options, { ...dialect, isHarmony: false, reasoning: undefined }, specs, reader);
    return { answer: new Answer({ decoder: model.createDecoder({ isExact: grammar !== undefined }), reader }), grammar };
  }
  const reader = makeReader(dialect, { specs, prompt: prompt.text });
  const { budget } = prompt.reasoning;
  const close = budget === undefined || dialect.closesReasoning === undefined ? undefined : model.tokenize(dialect.closesReasoning, { special: true, continues: true });
  const grammar = answerGrammar(model, options, dialect, specs, reader);
  const decoder = model.createDecoder({ shows: thinks(dialect) || specs ? dialect.shows : [], isExact: grammar !== undefined });
  return { answer: new Answer({ decoder, reader, ...(close ? { budget: { tokens: budget!, close } } : {}) }), grammar };
}

/** What has been told so far. */
class Output {
  text = '';
  reasoning = '';
  readonly calls: ToolCall[] = [];
  readonly measured: TokenLogprob[] = [];
  /** The stop string that ended the text. */
  stopped: string | undefined;
  #unsent: TokenLogprob[] = [];

  constructor(
    private readonly stops: StopStrings,
    private readonly idStyle: 'nine' | undefined,
  ) {}

  measure(entry: TokenLogprob): void {
    this.measured.push(entry);
    this.#unsent.push(entry);
  }

  *events(parts: readonly OutputPart[]): Generator<GenerateEvent> {
    for (const part of parts) {
      if (part.type === 'text') {
        const checked = this.stops.push(part.text);
        yield* this.#say(checked.text);
        this.stopped = checked.stop;
        if (this.stopped !== undefined) return;
      } else {
        yield* this.#say(this.stops.end()); // text before it is complete
        if (part.type === 'reasoning') {
          this.reasoning += part.text;
          yield { type: 'reasoning', token: part.text };
        } else {
          const toolCall = toToolCall(part.call, this.idStyle);
          yield { type: 'tool_call', index: this.calls.length, toolCall };
          this.calls.push(toolCall);
        }
      }
    }
  }

  *close(parts: readonly OutputPart[]): Generator<GenerateEvent> {
    yield* this.events(parts);
    if (this.stopped === undefined) yield* this.#say(this.stops.end());
  }

  *#say(token: string): Generator<GenerateEvent> {
    if (token === '') return;
    this.text += token;
    const logprobs = this.#unsent;
    this.#unsent = [];
    yield logprobs.length === 0 ? { type: 'text', token } : { type: 'text', token, logprobs };
  }
}

function logprobEntry(model: TextEngine, { token, logprob, top }: MeasuredToken): TokenLogprob {
  return {
    token: model.tokenText(token),
    logprob,
    topLogprobs: top.map((other) => ({ token: model.tokenText(other.token), logprob: other.logprob })),
  };
}
