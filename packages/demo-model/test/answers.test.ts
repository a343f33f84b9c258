import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { modelInfoSchema } from '@llmi/core';
import { ggufFileFacts } from '@llmi/hub';
import { TransformerHandler, type LoadedTextModel } from '@llmi/handler-transformer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoModelId, demoModelPath } from '../src/index.js';

interface Question {
  question: string;
  /** A regular expression that the answer has to match. */
  answerMatches: string;
}

/** Asked in words that the model was never trained on. */
const questions = JSON.parse(readFileSync(fileURLToPath(new URL('questions.json', import.meta.url)), 'utf8')) as Question[];

describe('the demo model answers a newcomer', () => {
  let handler: TransformerHandler;
  let model: LoadedTextModel;
  const ask = (question: string) => handler.generateText({ prompt: question });

  beforeAll(async () => {
    handler = new TransformerHandler(modelInfoSchema.parse({ id: demoModelId, source: 'file', files: [], gguf: await ggufFileFacts(demoModelPath) }));
    model = await handler.loadModel(demoModelPath, { device: 'cpu' });
  });
  afterAll(() => model[Symbol.asyncDispose]());

  it('by its first choice unless asked otherwise', () => {
    expect(handler.getInferenceParams().temperature).toBe(0);
  });

  it.each([
    ['What is llmi?', /installs a model/],
    ['How do I install a model?', /`llmi install MODEL`/],
    ['How do I run a model?', /`llmi run MODEL/],
    ['How do I start the server?', /`llmi serve`/],
    ['What is a handler?', /npm package/],
    ['What is Hugging Face?', /hub/],
    ['Do I need Python for this?', /needs no Python/],
    ['Does it run on Windows?', /Windows/],
    ['Are you ChatGPT?', /No, I am the llmi demo model/],
  ])('%s', async (question, expected) => {
    const { text, finishReason } = await ask(question);
    expect(text).toMatch(expected);
    expect(text).toMatch(/[.!?`"]$/); // whole sentences
    expect(finishReason).toBe('stop');
  });

  it('in nine of ten cases when it is asked in words that it was never trained on', async () => {
    const wrong: string[] = [];
    for (const { question, answerMatches } of questions) {
      const { text } = await ask(question);
      if (!new RegExp(answerMatches, 's').test(text)) wrong.push(`${question} ${text}`);
    }
    expect(wrong.length, wrong.join('\n')).toBeLessThanOrEqual(questions.length / 10);
  });

  it('keeps to the point over several turns', async () => {
    const turns = [['How do I install a model?', /llmi install/], ['And how do I list what I have?', /llmi list/], ['Thanks!', /welcome/]] as const;
    const messages: { role: 'user' | 'assistant'; content: string }[] = [];
    for (const [content, expected] of turns) {
      messages.push({ role: 'user', content });
      const { text } = await handler.generateText({ messages });
      expect(text).toMatch(expected);
      messages.push({ role: 'assistant', content: text });
    }
  });
});
