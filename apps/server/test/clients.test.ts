import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { HumanMessage, SystemMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOllama, OllamaEmbeddings } from '@langchain/ollama';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { embedMany, generateText, jsonSchema, streamText, tool as aiTool } from 'ai';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { giving, thinkAndCall } from './behaviours.js';
import { fakeEngine, textResult, type FakeEngineOptions } from './fake-engine.js';
import { listening } from './harness.js';

async function server(options: FakeEngineOptions = {}) {
  return listening({ engine: fakeEngine(options) });
}

const vectors = giving({ type: 'embedding', embeddings: [[1, 2], [3, 4]], dimensions: 2, usage: { promptTokens: 7, completionTokens: 0, totalTokens: 7 } });
const cityParameters = { type: 'object' as const, properties: { city: { type: 'string' as const } }, required: ['city'] };

describe('the AI SDK', () => {
  async function provider(options: FakeEngineOptions = {}) {
    const { url, engine } = await server(options);
    return { llmi: createOpenAICompatible({ name: 'llmi', baseURL: `${url}/v1`, includeUsage: true }), engine };
  }

  it('generates text', async () => {
    const { llmi, engine } = await provider();
    const { text, usage, finishReason } = await generateText({ model: llmi('org/one'), system: 'Be kind.', prompt: 'hello my friend', temperature: 0, seed: 3, maxOutputTokens: 9, maxRetries: 0 });
    expect([text, finishReason, usage.inputTokens, usage.outputTokens]).toEqual(['hello my friend', 'stop', 5, 3]);
    expect(engine.requests).toMatchObject([{ temperature: 0, seed: 3, maxTokens: 9, messages: [{ role: 'system' }, { role: 'user' }] }]);
  });

  it('streams thoughts, words and calls', async () => {
    const { llmi } = await provider({ behaviour: thinkAndCall });
    const weather = aiTool({ description: 'Weather', inputSchema: jsonSchema<{ city: string }>(cityParameters) });
    const time = aiTool({ description: 'Time', inputSchema: jsonSchema<object>({ type: 'object', properties: {} }) });
    const result = streamText({ model: llmi('org/one'), prompt: 'hello', tools: { weather, time }, maxRetries: 0 });
    expect(await result.text).toBe('I look.');
    expect(await result.reasoningText).toBe('Let me see.');
    expect((await result.toolCalls).map(({ toolCallId, toolName, input }) => [toolCallId, toolName, input])).toEqual([
      ['call_a', 'weather', { city: 'Paris' }],
      ['call_b', 'time', {}],
    ]);
    expect(await result.finishReason).toBe('tool-calls');
    expect((await result.usage).outputTokens).toBe(2);
  });

  it('embeds', async () => {
    const { llmi } = await provider({ behaviour: vectors });
    expect((await embedMany({ model: llmi.embeddingModel('org/one'), values: ['a', 'b'], maxRetries: 0 })).embeddings).toEqual([[1, 2], [3, 4]]);
  });
});

describe('LangChain', () => {
  const weather = tool(() => 'Sun', { name: 'weather', description: 'Weather', schema: z.object({ city: z.string() }) });
  const conversation = [new SystemMessage('Be kind.'), new HumanMessage('hello my friend')];

  it.each([false, true])('talks OpenAI, with responses: %s', async (useResponsesApi) => {
    const { url, engine } = await server();
    const chat = new ChatOpenAI({ model: 'org/one', apiKey: 'none', temperature: 0, maxRetries: 0, useResponsesApi, configuration: { baseURL: `${url}/v1` } });
    expect((await chat.invoke(conversation)).text).toBe('hello my friend');
    let streamed = '';
    for await (const part of await chat.stream(conversation)) streamed += part.text;
    expect(streamed).toBe('hello my friend');
    engine.behave(thinkAndCall);
    expect((await chat.bindTools([weather]).invoke(conversation)).tool_calls).toMatchObject([{ name: 'weather', args: { city: 'Paris' }, id: 'call_a' }, { name: 'time' }]);
  });

  it('asks for an answer of a given form', async () => {
    const { url, engine } = await server({ behaviour: (request) => giving(textResult('{"city":"Paris"}', request))() });
    const chat = new ChatOpenAI({ model: 'org/one', apiKey: 'none', maxRetries: 0, configuration: { baseURL: `${url}/v1` } });
    expect(await chat.withStructuredOutput(z.object({ city: z.string() }), { method: 'jsonSchema' }).invoke('Where?')).toEqual({ city: 'Paris' });
    expect(engine.requests[0]!.responseFormat).toMatchObject({ type: 'json_schema', json_schema: { schema: { properties: { city: { type: 'string' } } } } });
  });

  it('talks Ollama', async () => {
    const { url, engine } = await server();
    const chat = new ChatOllama({ model: 'org/one', baseUrl: url, temperature: 0, maxRetries: 0 });
    expect((await chat.invoke(conversation)).text).toBe('hello my friend');
    engine.behave(thinkAndCall);
    expect((await chat.bindTools([weather]).invoke(conversation)).tool_calls).toMatchObject([{ name: 'weather', args: { city: 'Paris' } }, { name: 'time' }]);
  });

  it('embeds with either', async () => {
    const { url } = await server({ behaviour: vectors });
    const openai = new OpenAIEmbeddings({ model: 'org/one', apiKey: 'none', maxRetries: 0, configuration: { baseURL: `${url}/v1` } });
    expect(await openai.embedDocuments(['a', 'b'])).toEqual([[1, 2], [3, 4]]);
    expect(await new OllamaEmbeddings({ model: 'org/one', baseUrl: url, maxRetries: 0 }).embedDocuments(['a', 'b'])).toEqual([[1, 2], [3, 4]]);
  });
});
