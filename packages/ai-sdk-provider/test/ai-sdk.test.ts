import { LlmiError } from '@llmi/core';
import { APICallError } from '@ai-sdk/provider';
import { embed, embedMany, generateImage, generateSpeech, generateText, isStepCount, Output, rerank, streamText, tool, transcribe } from 'ai';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { failing, hang, textResult } from '../../../apps/server/test/fake-engine.js';
import { pixel } from '../../../apps/server/test/behaviours.js';
import { asksATool, giving, served } from './support.js';

globalThis.AI_SDK_LOG_WARNINGS = false; // the tests look at warnings themselves

const usage = { promptTokens: 7, completionTokens: 0, totalTokens: 7 };
const weather = tool({ description: 'Weather', inputSchema: z.object({ city: z.string() }), execute: async ({ city }) => `sunny in ${city}` });

describe('a language model', () => {
  it('generates text, with every setting', async () => {
    const { llmi, engine } = await served();
    const { text, usage: used, finishReason, response } = await generateText({
      model: llmi('org/one'),
      system: 'Be kind.',
      prompt: 'hello my friend',
      temperature: 0,
      topP: 0.9,
      topK: 5,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      seed: 3,
      maxOutputTokens: 9,
      stopSequences: ['!'],
      reasoning: 'low',
      providerOptions: { llmi: { mode: 'chat', minP: 0.1 } },
    });
    expect([text, finishReason, used.inputTokens, used.outputTokens, response.modelId]).toEqual(['hello my friend', 'stop', 5, 3, 'org/one']);
    expect(engine.requests).toMatchObject([
      { temperature: 0, topP: 0.9, topK: 5, presencePenalty: 0.1, frequencyPenalty: 0.2, seed: 3, maxTokens: 9, stopSequences: ['!'], reasoning: 'low', mode: 'chat', minP: 0.1, messages: [{ role: 'system' }, { role: 'user', content: 'hello my friend' }] },
    ]);
  });

  it('streams text', async () => {
    const { llmi } = await served();
    const result = streamText({ model: llmi('org/one'), prompt: 'hello my friend' });
    const pieces: string[] = [];
    for await (const piece of result.textStream) pieces.push(piece);
    expect(pieces).toEqual(['hello ', 'my ', 'friend']);
    expect(await result.finishReason).toBe('stop');
    expect((await result.usage).totalTokens).toBe(8);
  });

  it('calls tools and goes on with what they gave, whole and streamed', async () => {
    const { llmi, engine } = await served(asksATool);
    const settings = { model: llmi('org/one'), prompt: 'How is it in Paris?', tools: { weather }, stopWhen: isStepCount(3) };
    const { text, steps } = await generateText(settings);
    expect(text).toBe('It is sunny in Paris.');
    expect(steps[0]!.toolCalls).toMatchObject([{ toolName: 'weather', input: { city: 'Paris' } }]);
    expect(steps[0]!.reasoningText).toBe('Let me see.');
    expect(engine.requests[0]).toMatchObject({ toolChoice: 'auto', tools: [{ function: { name: 'weather', description: 'Weather', parameters: { properties: { city: { type: 'string' } } } } }] });
    expect(engine.requests[1]!.messages!.slice(-2)).toMatchObject([{ role: 'assistant', toolCalls: [{ id: 'call_a', function: { name: 'weather' } }] }, { role: 'tool', toolCallId: 'call_a', content: 'sunny in Paris' }]);
    const streamed = streamText(settings);
    expect(await streamed.text).toBe('It is sunny in Paris.');
    expect((await streamed.steps)[0]!.toolCalls).toHaveLength(1);
  });

  it.each([
    ['required' as const, 'required'],
    [{ type: 'tool' as const, toolName: 'weather' as const }, { type: 'function', function: { name: 'weather' } }],
  ])('makes the model call: %j', async (toolChoice, sent) => {
    const { llmi, engine } = await served(asksATool);
    expect((await generateText({ model: llmi('org/one'), prompt: 'Paris?', tools: { weather }, toolChoice })).toolResults).toMatchObject([{ output: 'sunny in Paris' }]);
    expect(engine.requests[0]!.toolChoice).toEqual(sent);
  });

  it('gives objects of a schema', async () => {
    const { llmi, engine } = await served((request) => giving(textResult('{"city":"Paris"}', request))());
    const schema = z.object({ city: z.string() });
    expect((await generateText({ model: llmi('org/one'), prompt: 'Where?', output: Output.object({ schema }) })).output).toEqual({ city: 'Paris' });
    expect(engine.requests[0]!.responseFormat).toMatchObject({ type: 'json_schema', json_schema: { schema: { properties: { city: { type: 'string' } } } } });
  });

  it('fails with the error of the server, and is asked again where that may help', async () => {
    const full = new LlmiError('QUEUE_FULL', { message: 'The queue is full.', hint: 'Come again.' });
    const { llmi, engine } = await served(failing(full));
    const error = await generateText({ model: llmi('org/one'), prompt: 'x', maxRetries: 0 }).catch((reason: unknown) => reason);
    expect(APICallError.isInstance(error) && [error.message, error.statusCode, error.isRetryable, error.data, error.responseHeaders]).toEqual(['The queue is full. Come again.', 429, true, { code: 'QUEUE_FULL' }, { 'retry-after': '2' }]);
    expect(engine.requests).toHaveLength(1);
    const missing = await generateText({ model: llmi('org/missing'), prompt: 'x' }).catch((reason: unknown) => reason);
    expect(APICallError.isInstance(missing) && [missing.statusCode, missing.isRetryable]).toEqual([404, false]);
  });

  it('stops when it is told to', async () => {
    const { llmi, engine } = await served(hang);
    const controller = new AbortController();
    const result = streamText({ model: llmi('org/one'), prompt: 'x', abortSignal: controller.signal });
    const types: string[] = [];
    for await (const part of result.stream) {
      types.push(part.type);
      if (part.type === 'text-delta') controller.abort();
    }
    expect(types.at(-1)).toBe('abort');
    while (engine.active > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });
});

describe('other models', () => {
  it('embed', async () => {
    const { llmi, engine } = await served(giving({ type: 'embedding', embeddings: [[1, 2], [3, 4]], dimensions: 2, usage }));
    const { embeddings, usage: used } = await embedMany({ model: llmi.embeddingModel('org/one'), values: ['a', 'b'], providerOptions: { llmi: { promptName: 'query' } } });
    expect([embeddings, used.tokens]).toEqual([[[1, 2], [3, 4]], 7]);
    expect(engine.requests).toMatchObject([{ texts: ['a', 'b'], promptName: 'query' }]);
    expect((await embed({ model: llmi.embeddingModel('org/one'), value: 'a' })).embedding).toEqual([1, 2]);
  });

  it('make pictures', async () => {
    const { llmi, engine } = await served(giving({ type: 'image', image: pixel, images: [pixel, pixel], metadata: { format: 'png' }, seed: 4 }));
    const { images, warnings, providerMetadata } = await generateImage({ model: llmi.imageModel('org/one'), prompt: 'a cat', n: 2, size: '512x256', seed: 4, providerOptions: { llmi: { numInferenceSteps: 4 } } });
    expect(images.map(({ base64 }) => base64)).toEqual([pixel, pixel]);
    expect([warnings, providerMetadata.llmi]).toEqual([[], { images: [{ seed: 4 }, { seed: 4 }] }]);
    expect(engine.requests).toMatchObject([{ prompt: 'a cat', numImages: 2, width: 512, height: 256, seed: 4, numInferenceSteps: 4 }]);
  });

  it('speak', async () => {
    const { llmi, engine } = await served(giving({ type: 'audio', audio: Buffer.from('RIFF').toString('base64'), metadata: { format: 'wav' } }));
    const { audio, warnings } = await generateSpeech({ model: llmi.speechModel('org/one'), text: 'Hello.', voice: 'anna', outputFormat: 'wav', speed: 1.5, instructions: 'softly' });
    expect(Buffer.from(audio.uint8Array).toString()).toBe('RIFF');
    expect(warnings).toEqual([{ type: 'unsupported', feature: 'instructions' }]);
    expect(engine.requests).toMatchObject([{ prompt: 'Hello.', voice: 'anna', audioFormat: 'wav', speed: 1.5 }]);
  });

  it('write down speech', async () => {
    const { llmi, engine } = await served(giving({ type: 'transcription', text: 'Hello.', segments: [{ start: 0, end: 1.5, text: 'Hello.' }], language: 'en', duration: 2 }));
    const wav = Buffer.concat([Buffer.from('RIFF\x24\0\0\0WAVEfmt ', 'latin1'), Buffer.from([16, 0, 0, 0, 1, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0, 2, 0, 16, 0]), Buffer.from('data\0\0\0\0', 'latin1')]);
    const { text, segments, language, durationInSeconds } = await transcribe({ model: llmi.transcriptionModel('org/one'), audio: wav, providerOptions: { llmi: { language: 'en' } } });
    expect([text, segments, language, durationInSeconds]).toEqual(['Hello.', [{ text: 'Hello.', startSecond: 0, endSecond: 1.5 }], 'en', 2]);
    expect(engine.requests).toMatchObject([{ timestamps: 'segment', language: 'en', audio: wav.toString('base64') }]);
  });

  it('rank documents', async () => {
    const { llmi, engine } = await served(giving({ type: 'rerank', results: [{ index: 1, score: 0.9 }, { index: 0, score: 0.1 }] }));
    const { ranking } = await rerank({ model: llmi.rerankingModel('org/one'), query: 'cats', documents: ['dog', 'cat'], topN: 2 });
    expect(ranking.map(({ originalIndex, score, document }) => [originalIndex, score, document])).toEqual([[1, 0.9, 'cat'], [0, 0.1, 'dog']]);
    expect(engine.requests).toMatchObject([{ query: 'cats', documents: ['dog', 'cat'], topN: 2 }]);
  });
});
