import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LlamaModel, type LlamaGenerateOptions } from '../src/index.js';
import { tinyModel } from './tiny-model.js';

let tiny: Awaited<ReturnType<typeof tinyModel>>;
let model: LlamaModel;

beforeAll(async () => {
  tiny = await tinyModel();
  model = await LlamaModel.load(tiny.path, { device: 'cpu', parallel: 3, contextSize: 512 });
});
afterAll(async () => {
  await model[Symbol.asyncDispose]();
  tiny.remove();
});

const prompt = (text: string) => model.tokenize(text);

async function tokensOf(text: string, options: LlamaGenerateOptions = {}): Promise<number[]> {
  const tokens: number[] = [];
  for await (const { token } of model.generate(prompt(text), { maxTokens: 24, ...options })) tokens.push(token);
  return tokens;
}

describe('sampling', () => {
  const sampled = { temperature: 0.9, topK: 40, topP: 0.95, seed: 42 };

  it('is greedy without a temperature: one token at a time gives the same as all at once', async () => {
    const tokens = await tokensOf('the sea');
    const start = prompt('the sea');
    for (let length = 0; length < 6; length++) {
      const [next] = [...(await collect(model.generate([...start, ...tokens.slice(0, length)], { maxTokens: 1 })))];
      expect(next).toBe(tokens[length]);
    }
  });

  it('repeats itself with the same seed, and varies with another', async () => {
    const first = await tokensOf('the sea', { sampling: sampled });
    expect(await tokensOf('the sea', { sampling: sampled })).toEqual(first);
    expect(await tokensOf('the sea', { sampling: { ...sampled, seed: 43 } })).not.toEqual(first);
  });

  it('gives the same text for a seed whatever else runs beside it', async () => {
    const alone = await tokensOf('the sea', { sampling: sampled });
    const together = await Promise.all([tokensOf('a hill', { sampling: { ...sampled, seed: 1 } }), tokensOf('the sea', { sampling: sampled }), tokensOf('wind and rain')]);
    expect(together[1]).toEqual(alone);
  });

  it('takes the most probable token with top-k 1, a tiny top-p or min-p 1, at any temperature', async () => {
    const greedy = await tokensOf('the sea');
    for (const only of [{ topK: 1 }, { topP: 0 }, { minP: 1 }]) {
      expect(await tokensOf('the sea', { sampling: { temperature: 1.5, seed: 9, ...only } })).toEqual(greedy);
    }
  });

  it('bans and forces tokens by logit bias', async () => {
    const [first] = await tokensOf('the sea', { maxTokens: 1 });
    expect(await tokensOf('the sea', { sampling: { logitBias: { [first!]: -100 } } })).not.toContain(first);
    expect(await tokensOf('the sea', { maxTokens: 4, sampling: { logitBias: { 77: 100 } } })).toEqual([77, 77, 77, 77]);
  });

  it('refuses to bias a token that there is not, or that ends the answer', async () => {
    expect(() => model.generate(prompt('a'), { sampling: { logitBias: { 99999: 1 } } })).toThrowError(expect.objectContaining({ code: 'INPUT_INVALID', param: 'logit_bias' }));
    expect(() => model.generate(prompt('a'), { sampling: { logitBias: { 2: 1 } } })).toThrowError(expect.objectContaining({ code: 'INPUT_UNSUPPORTED' }));
  });

  it('avoids repetition when it is penalized', async () => {
    const forced = { logitBias: { 77: 30 } };
    const plain = await tokensOf('the sea', { sampling: forced });
    expect(new Set(plain)).toEqual(new Set([77]));
    for (const penalty of [{ repetitionPenalty: 10 }, { presencePenalty: 2, logitBias: { 77: 1 } }, { frequencyPenalty: 2 }]) {
      const tokens = await tokensOf('the sea', { sampling: { ...forced, ...penalty } });
      expect(tokens.filter((token) => token === 77).length).toBeLessThan(plain.length);
    }
  });
});

describe('log probabilities', () => {
  it('are those of the raw logits, for greedy and sampled tokens alike', async () => {
    const measured = async (sampling: LlamaGenerateOptions['sampling']) => {
      const steps = [];
      for await (const step of model.generate(prompt('the sea'), { maxTokens: 8, sampling, logprobs: 5 })) steps.push(step);
      return steps;
    };
    const greedy = await measured({});
    expect(greedy.map(({ token }) => token)).toEqual(await tokensOf('the sea', { maxTokens: 8 }));
    for (const { token, logprobs } of greedy) {
      expect(logprobs!.top).toHaveLength(5);
      expect(logprobs!.top[0]).toEqual({ token, logprob: logprobs!.logprob });
    }
    const sampling = { temperature: 1.2, topK: 5, seed: 3 };
    const sampled = await measured(sampling);
    expect(sampled.map(({ token }) => token)).toEqual(await tokensOf('the sea', { maxTokens: 8, sampling }));
    const first = sampled[0]!.logprobs!;
    expect(first.top.map(({ token }) => token)).toEqual(greedy[0]!.logprobs!.top.map(({ token }) => token));
    expect(first.logprob).toBeCloseTo(first.top.find(({ token }) => token === first.token)!.logprob, 5);
  });

  it('add up to one over the whole vocabulary', async () => {
    const [step] = await collectSteps(model.generate(prompt('the sea'), { maxTokens: 1, logprobs: model.info.vocabularySize }));
    expect(step!.logprobs!.top).toHaveLength(model.info.vocabularySize);
    expect(step!.logprobs!.top.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0)).toBeCloseTo(1, 4);
  });
});

describe('a kept prefix', () => {
  it('is used, and changes nothing', async () => {
    const text = 'a long walk by the sea and over the hills';
    await using fresh = await LlamaModel.load(tiny.path, { device: 'cpu' });
    const expected = await collect(fresh.generate(prompt(text), { maxTokens: 16 }));
    await tokensOf(text);
    const again = model.generate(prompt(text), { maxTokens: 16 });
    expect(await collect(again)).toEqual(expected);
    expect(again.cachedTokens).toBe(prompt(text).length - 1);
  });

  it('covers an earlier answer too, and ends where the prompts part', async () => {
    const start = prompt('once there was');
    const answer = await collect(model.generate(start, { maxTokens: 10 }));
    const next = model.generate([...start, ...answer, ...prompt(' and then')], { maxTokens: 4 });
    await collect(next);
    expect(next.cachedTokens).toBeGreaterThanOrEqual(start.length + answer.length - 1);
  });
});

describe('limits', () => {
  it('refuses a prompt that leaves no room, with both numbers', () => {
    expect(() => model.generate(new Array<number>(512).fill(50))).toThrowError(expect.objectContaining({ code: 'CONTEXT_LENGTH_EXCEEDED', message: expect.stringMatching(/512 tokens.*512 tokens/) as string }));
  });

  it('ends at the end of the context, never shifting it', async () => {
    const generation = model.generate(new Array<number>(500).fill(50));
    expect(await collect(generation)).toHaveLength(12);
    expect(generation.endReason).toBe('length');
  });

  it('evaluates a prompt longer than a batch in parts', async () => {
    const whole = new Array<number>(300).fill(0).map((_, index) => 40 + (index % 200));
    await using small = await LlamaModel.load(tiny.path, { device: 'cpu' });
    expect(await collect(small.generate(whole, { maxTokens: 4 }))).toEqual(await collect(model.generate(whole, { maxTokens: 4 })));
  });

  it('refuses an empty prompt', () => {
    expect(() => model.generate([])).toThrowError(expect.objectContaining({ code: 'INPUT_INVALID' }));
  });
});

describe('ending early', () => {
  it('rejects with the reason of the signal, within a token', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const seen: number[] = [];
    await expect(
      (async () => {
        for await (const { token } of model.generate(prompt('the sea'), { signal: controller.signal })) {
          seen.push(token);
          if (seen.length === 3) controller.abort(reason);
        }
      })(),
    ).rejects.toBe(reason);
    expect(seen).toHaveLength(3);
  });

  it('lets a request that waits for its turn be cancelled, and serves the others in order', async () => {
    await using single = await LlamaModel.load(tiny.path, { device: 'cpu' });
    const controller = new AbortController();
    const order: string[] = [];
    const run = async (name: string, signal?: AbortSignal) => {
      await collect(single.generate(prompt(name), { maxTokens: 8, signal }));
      order.push(name);
    };
    const first = run('first');
    const cancelled = run('cancelled', controller.signal);
    const second = run('second');
    controller.abort();
    await expect(cancelled).rejects.toBe(controller.signal.reason);
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'second']);
  });

  it('frees the sequence when the loop is left', async () => {
    for (let round = 0; round < 6; round++) {
      for await (const { token } of model.generate(prompt('the sea'))) {
        expect(token).toBeTypeOf('number');
        break;
      }
    }
    expect(await tokensOf('the sea')).toHaveLength(24);
  });

  it('does not wait for a caller that has stopped asking when the model is disposed', async () => {
    const other = await LlamaModel.load(tiny.path, { device: 'cpu' });
    const idle = other.generate(prompt('the sea'))[Symbol.asyncIterator]();
    await idle.next();
    await other[Symbol.asyncDispose]();
    await expect(idle.next()).rejects.toMatchObject({ code: 'MODEL_DISPOSED' });
  });

  it('ends what runs and what waits when the model is disposed, and refuses what comes after', async () => {
    const other = await LlamaModel.load(tiny.path, { device: 'cpu' });
    const running = collect(other.generate(prompt('the sea')));
    const waiting = collect(other.generate(prompt('the hill')));
    const results = Promise.allSettled([running, waiting]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await Promise.all([other[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
    for (const result of await results) expect(result).toMatchObject({ status: 'rejected', reason: { code: 'MODEL_DISPOSED' } });
    expect(() => other.generate([50])).toThrowError(expect.objectContaining({ code: 'MODEL_DISPOSED' }));
    expect(() => other.tokenize('a')).toThrowError(expect.objectContaining({ code: 'MODEL_DISPOSED' }));
  });
});

describe('answers in JSON', () => {
  it('follow the schema', async () => {
    const grammar = await model.jsonGrammar({ type: 'object', properties: { kind: { enum: ['a', 'b'] }, on: { type: 'boolean' } }, required: ['kind'] });
    const text = model.detokenize(await tokensOf('the sea', { grammar, maxTokens: 60 }));
    expect(JSON.parse(text)).toMatchObject({ kind: expect.stringMatching(/^[ab]$/) as string });
  });
});

async function collectSteps<Step>(steps: AsyncIterable<Step>): Promise<Step[]> {
  const all: Step[] = [];
  for await (const step of steps) all.push(step);
  return all;
}

async function collect(steps: AsyncIterable<{ token: number }>): Promise<number[]> {
  return (await collectSteps(steps)).map(({ token }) => token);
}
