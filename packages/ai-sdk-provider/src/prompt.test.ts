import type { LanguageModelV4Prompt } from '@ai-sdk/provider';
import { expect, it } from 'vitest';
import { messagesOf } from './prompt.js';

it('turns a whole conversation into messages', () => {
  const prompt: LanguageModelV4Prompt = [
    { role: 'system', content: 'Be kind.' },
    { role: 'user', content: [{ type: 'text', text: 'What ' }, { type: 'text', text: 'time?' }] },
    { role: 'assistant', content: [{ type: 'reasoning', text: 'Hm.' }, { type: 'text', text: 'I look.' }, { type: 'tool-call', toolCallId: 'a', toolName: 'time', input: { zone: 'CET' } }] },
    { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'a', toolName: 'time', output: { type: 'json', value: { hour: 3 } } }] },
  ];
  expect(messagesOf(prompt)).toEqual([
    { role: 'system', content: 'Be kind.' },
    { role: 'user', content: 'What time?' },
    { role: 'assistant', content: 'I look.', reasoningContent: 'Hm.', toolCalls: [{ id: 'a', type: 'function', function: { name: 'time', arguments: '{"zone":"CET"}' } }] },
    { role: 'tool', toolCallId: 'a', content: '{"hour":3}' },
  ]);
});

it('carries pictures, sounds and texts', () => {
  const file = (mediaType: string, data: Uint8Array | string) => ({ type: 'file' as const, mediaType, data: { type: 'data' as const, data } });
  const content = [file('image/jpeg', Uint8Array.of(1, 2, 3)), file('audio/mpeg', 'AQID'), { type: 'file' as const, mediaType: 'text/plain', data: { type: 'text' as const, text: 'note' } }];
  expect(messagesOf([{ role: 'user', content }])).toEqual([
    { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/jpeg;base64,AQID' } }, { type: 'input_audio', input_audio: { data: 'AQID', format: 'mp3' } }, { type: 'text', text: 'note' }] },
  ]);
  expect(() => messagesOf([{ role: 'user', content: [file('application/pdf', 'AQID')] }])).toThrow(/application\/pdf/);
});

it('says what tools gave, errors and refusals too', () => {
  const output = (value: Extract<LanguageModelV4Prompt[number], { role: 'tool' }>['content'][number] & { type: 'tool-result' }) => messagesOf([{ role: 'tool', content: [value] }])[0]!.content;
  const result = (given: Parameters<typeof output>[0]['output']) => output({ type: 'tool-result', toolCallId: 'a', toolName: 'b', output: given });
  expect(result({ type: 'error-text', value: 'gone' })).toBe('gone');
  expect(result({ type: 'execution-denied' })).toBe('The call was not allowed.');
  expect(result({ type: 'content', value: [{ type: 'text', text: 'a' }, { type: 'text', text: 'b' }] })).toBe('a\nb');
});
