import { modelInfoSchema, type ModelInfo } from '@llmi/core';
import { describe, expect, it } from 'vitest';
import { scoreOf } from './score.js';

function model(config: Record<string, unknown>, library?: Record<string, unknown>, modules?: unknown): ModelInfo {
  const json = { 'config.json': config, ...(library ? { 'config_sentence_transformers.json': library } : {}), ...(modules ? { 'modules.json': modules } : {}) };
  return modelInfoSchema.parse({ id: 'local/x', source: 'folder', files: [], json });
}

const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));
const [tanh, identity] = ['torch.nn.modules.activation.Tanh', 'torch.nn.modules.linear.Identity'];

describe('scoreOf', () => {
  it('takes the sigmoid of one label where nothing is stated, or code of somebody else', () => {
    expect(scoreOf(model({}), 1)([2])).toBeCloseTo(sigmoid(2), 12);
    expect(scoreOf(model({ sentence_transformers: { activation_fn: 'my.Function' } }), 1)([2])).toBeCloseTo(sigmoid(2), 12);
  });

  it('takes what the model states, wherever it states it', () => {
    expect(scoreOf(model({ sbert_ce_default_activation_function: identity }), 1)([2])).toBe(2);
    expect(scoreOf(model({ sentence_transformers: { activation_fn: tanh } }), 1)([2])).toBe(Math.tanh(2));
    expect(scoreOf(model({}, { activation_fn: identity }), 1)([2])).toBe(2);
    expect(scoreOf(model({ sentence_transformers: { activation_fn: tanh } }, { activation_fn: identity }), 1)([2])).toBe(Math.tanh(2));
    expect(scoreOf(model({ sentence_transformers: { activation_fn: tanh } }, { activation_fn: identity }, []), 1)([2])).toBe(2);
    expect(() => scoreOf(model({ sentence_transformers: { activation_fn: 'torch.nn.modules.activation.Mish' } }), 1)).toThrow(/Mish/);
  });

  it('takes the share of the relevant one of two labels', () => {
    expect(scoreOf(model({}), 2)([1, 3])).toBeCloseTo(Math.exp(3) / (Math.exp(1) + Math.exp(3)), 12);
    expect(scoreOf(model({ id2label: { 0: 'relevant', 1: 'irrelevant' } }), 2)([1, 3])).toBeCloseTo(Math.exp(1) / (Math.exp(1) + Math.exp(3)), 12);
    expect(scoreOf(model({ sentence_transformers: { activation_fn: tanh } }), 2)([1, 3])).toBe(Math.tanh(3));
  });

  it('refuses classes that give no order', () => {
    expect(() => scoreOf(model({}), 3)).toThrow(expect.objectContaining({ code: 'MODEL_FORMAT_UNSUPPORTED' }));
  });
});
