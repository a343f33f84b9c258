import { describe, expect, it } from 'vitest';
import { modelInfoSchema } from '@llmi/core';
import { findTemplate } from './find-template.js';

const model = modelInfoSchema.parse({
  id: 'a/b',
  source: 'hub',
  files: [],
  text: { 'chat_template.jinja': 'beside' },
  json: { 'tokenizer_config.json': { chat_template: 'config' } },
});

describe('the chat template', () => {
  it('is the one in the GGUF file, then the one beside it, then that of the tokenizer', () => {
    expect(findTemplate({ 'tokenizer.chat_template': 'inside' }, model)).toBe('inside');
    expect(findTemplate({}, model)).toBe('beside');
    expect(findTemplate({}, { ...model, text: {} })).toBe('config');
    expect(findTemplate({})).toBeUndefined();
  });

  it('is the variant "default" of several', () => {
    expect(findTemplate({ 'tokenizer.chat_template.default': 'one', 'tokenizer.chat_template.tool_use': 'two' })).toBe('one');
    const named = [{ name: 'tool_use', template: 'two' }, { name: 'default', template: 'one' }];
    expect(findTemplate({}, { ...model, text: {}, json: { 'tokenizer_config.json': { chat_template: named } } })).toBe('one');
  });
});
