import { describe, expect, it } from 'vitest';
import type { GenerateRequest } from '@llmi/core';
import { promptStyle } from './modes.js';
import { resolveTextOptions } from './options.js';

const messages: GenerateRequest['messages'] = [{ role: 'user', content: 'hi' }];
const tool = { type: 'function' as const, function: { name: 'f' } };
const refusal = (code: string, param: string) => expect.objectContaining({ code, param }) as Error;

describe('a text request', () => {
  it.each<[GenerateRequest, string, string]>([
    [{}, 'INPUT_INVALID', 'prompt'],
    [{ prompt: 'a', messages }, 'INPUT_INVALID', 'messages'],
    [{ messages, mode: 'complete' }, 'INPUT_INVALID', 'messages'],
    [{ prompt: 'a', system: 'b', mode: 'complete' }, 'INPUT_INVALID', 'system'],
    [{ messages: [{ role: 'system', content: 's' }, ...messages!], system: 'b' }, 'INPUT_INVALID', 'system'],
    [{ prompt: 'a', mode: 'paint' }, 'MODE_UNSUPPORTED', 'mode'],
    [{ prompt: 'a', task: 'summarization' }, 'TASK_UNSUPPORTED', 'task'],
    [{ prompt: 'a', numInferenceSteps: 3 }, 'INPUT_UNSUPPORTED', 'num_inference_steps'],
    [{ prompt: 'a', images: [] }, 'INPUT_UNSUPPORTED', 'images'],
    [{ prompt: 'a', tools: [tool, tool] }, 'INPUT_INVALID', 'tools[1].function.name'],
    [{ prompt: 'a', tools: [{ type: 'function', function: { name: 'a b' } }] }, 'INPUT_INVALID', 'tools[0].function.name'],
    [{ prompt: 'a', tools: [tool], mode: 'complete' }, 'INPUT_INVALID', 'tools'],
    [{ prompt: 'a', toolChoice: 'required' }, 'INPUT_INVALID', 'tool_choice'],
    [{ prompt: 'a', tools: [tool], toolChoice: { type: 'function', function: { name: 'g' } } }, 'INPUT_INVALID', 'tool_choice'],
    [{ prompt: 'a', tools: [tool], responseFormat: { type: 'grammar', grammar: 'root ::= "a"' } }, 'INPUT_INVALID', 'tools'],
    [{ prompt: 'a', tools: [tool], toolChoice: 'required', responseFormat: { type: 'json_object' } }, 'INPUT_INVALID', 'response_format'],
  ])('%j is refused', (request, code, param) => {
    expect(() => resolveTextOptions(request)).toThrowError(refusal(code, param));
  });

  it('gets a seed only where chance plays a part', () => {
    expect(resolveTextOptions({ prompt: 'a', temperature: 0 }).sampling.seed).toBeUndefined();
    expect(resolveTextOptions({ prompt: 'a', temperature: 0, seed: 3 }).sampling.seed).toBe(3);
    expect(resolveTextOptions({ prompt: 'a', temperature: 0.5 }).sampling.seed).toBeTypeOf('number');
  });

  it('may say that it wants no tools and plain text', () => {
    const options = resolveTextOptions({ prompt: 'a', tools: [tool], toolChoice: 'none', reasoning: 'auto', responseFormat: { type: 'text' } });
    expect([options.shape, options.tools]).toEqual([undefined, undefined]);
  });
});

describe('mode auto', () => {
  const facts = { hasMessages: false, hasSystem: false, hasTemplate: false };

  it('chats with a template, messages or a system text, and continues text otherwise', () => {
    expect(promptStyle('auto', facts)).toBe('complete');
    for (const fact of ['hasMessages', 'hasSystem', 'hasTemplate']) expect(promptStyle('auto', { ...facts, [fact]: true })).toBe('chat');
  });

  it('is what the presets follow, and what the others override', () => {
    expect(promptStyle('creative', facts)).toBe('complete');
    expect(promptStyle('code', { ...facts, hasTemplate: true })).toBe('chat');
    expect(promptStyle('complete', { ...facts, hasTemplate: true })).toBe('complete');
    expect(promptStyle('instruct', facts)).toBe('instruct');
  });
});
