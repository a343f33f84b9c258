import { doneEvent, type GenerateEvent, type TokenLogprob } from '@llmi/core';
import type { LlamaModel, MeasuredToken } from '@llmi/runtime-llama-cpp';
import type { TextOptions } from './options.js';
import { makePrompt, type PromptMaker } from './prompt.js';
import { StopStrings } from './stop-strings.js';

/**
 * Text for one request, as events.
 *
 * Phases: 1 write the prompt and tokenize it, 2 evaluate it up to the first token, 3 decode token by token, 4 close.
 */
export async function* generateText(maker: PromptMaker, options: TextOptions, signal?: AbortSignal): AsyncGenerator<GenerateEvent, void, undefined> {
  const { model } = maker;
  const start = performance.now();
  // 1 write the prompt and tokenize it
  const prompt = await makePrompt(maker, options);
  const grammar = options.json && (await model.jsonGrammar(options.json.schema));
  signal?.throwIfAborted();
  const prepared = performance.now();

  // 2 evaluate it up to the first token, 3 decode token by token
  const { sampling, maxTokens, logprobs } = options;
  const generation = model.generate(prompt.tokens, { sampling, maxTokens, logprobs, grammar, signal });
  const decoder = model.createDecoder();
  const stops = new StopStrings([...options.stopSequences, ...prompt.stop, ...(grammar ? [grammar.end] : [])]);
  const measured: TokenLogprob[] = [];
  let unsent: TokenLogprob[] = [];
  let text = '';
  let completionTokens = 0;
  let firstToken: number | undefined;
  let stopped = false;
  for await (const { token, logprobs: measure } of generation) {
    firstToken ??= performance.now();
    completionTokens++;
    if (measure) {
      const entry = logprobEntry(model, measure);
      measured.push(entry);
      unsent.push(entry);
    }
    const piece = decoder.push(token);
    if (piece === '') continue;
    const checked = stops.push(piece);
    if (checked.text !== '') {
      text += checked.text;
      yield textEvent(checked.text, unsent);
      unsent = [];
    }
    if (checked.stopped) {
      stopped = true;
      break;
    }
  }

  // 4 close
  if (!stopped) {
    const last = stops.push(decoder.end());
    const rest = last.stopped ? last.text : last.text + stops.end();
    stopped = last.stopped;
    if (rest !== '') {
      text += rest;
      yield textEvent(rest, unsent);
    }
  }
  const end = performance.now();
  const promptTokens = prompt.tokens.length;
  const usage = { promptTokens, completionTokens, totalTokens: promptTokens + completionTokens, cachedTokens: generation.cachedTokens };
  yield doneEvent(
    {
      type: 'text',
      text,
      finishReason: stopped ? 'stop' : (generation.endReason ?? 'stop'),
      usage,
      ...(logprobs === undefined ? {} : { logprobs: measured }),
      ...(sampling.seed === undefined ? {} : { seed: sampling.seed }),
    },
    { prepare: prepared - start, wait: generation.waitMs, prompt: (firstToken ?? end) - prepared - generation.waitMs, decode: end - (firstToken ?? end) },
  );
}

function textEvent(token: string, logprobs: TokenLogprob[]): GenerateEvent {
  return logprobs.length === 0 ? { type: 'text', token } : { type: 'text', token, logprobs };
}

function logprobEntry(model: LlamaModel, { token, logprob, top }: MeasuredToken): TokenLogprob {
  return {
    token: model.tokenText(token),
    logprob,
    topLogprobs: top.map((other) => ({ token: model.tokenText(other.token), logprob: other.logprob })),
  };
}
