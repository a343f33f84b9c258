import { modelInfoSchema, type ModelInfo } from '@llmi/core';
import { describe, expect, it } from 'vitest';
import { readPipeline } from './modules.js';
import { readTextSettings } from './text-settings.js';

function model(json: Record<string, unknown>, architectures: string[] = []): ModelInfo {
  return modelInfoSchema.parse({ id: 'local/x', source: 'folder', files: [], json, architectures });
}

const modules = (...types: string[]) => types.map((type, idx) => ({ idx, path: idx === 0 ? '' : `${idx}_${type.split('.').at(-1)}`, type }));
const models = 'sentence_transformers.models.';

describe('readPipeline', () => {
  it('reads flags into ways of pooling, in the order of concatenation', () => {
    const json = {
      'modules.json': modules(`${models}Transformer`, `${models}Pooling`, `${models}Normalize`),
      '1_Pooling/config.json': { word_embedding_dimension: 8, pooling_mode_lasttoken: true, pooling_mode_mean_tokens: true, pooling_mode_cls_token: true, include_prompt: false },
    };
    expect(readPipeline(model(json))).toEqual({
      transformerFolder: '',
      pooling: ['cls', 'mean', 'lasttoken'],
      includePrompt: false,
      steps: [],
      normalized: true,
      dimensions: 24,
      declared: true,
    });
  });

  it('reads what sentence-transformers 6 writes', () => {
    const json = {
      'modules.json': modules('sentence_transformers.base.modules.transformer.Transformer', 'sentence_transformers.sentence_transformer.modules.pooling.Pooling'),
      '1_Pooling/config.json': { embedding_dimension: 8, pooling_mode: ['max', 'weightedmean'] },
    };
    expect(readPipeline(model(json))).toMatchObject({ pooling: ['max', 'weightedmean'], dimensions: 16, normalized: false });
    expect(readPipeline(model({ ...json, '1_Pooling/config.json': { pooling_mode: 'lasttoken' } }))).toMatchObject({ pooling: ['lasttoken'] });
  });

  it('reads the steps after pooling', () => {
    const json = {
      'modules.json': [{ path: '0_Transformer', type: `${models}Transformer` }, ...modules('', `${models}Pooling`, `${models}Dense`, `${models}Dropout`, `${models}LayerNorm`).slice(1)],
      '0_Transformer/config.json': { hidden_size: 8 },
      '1_Pooling/config.json': {},
      '2_Dense/config.json': { in_features: 8, out_features: 3, activation_function: 'torch.nn.modules.linear.Identity' },
    };
    expect(readPipeline(model(json))).toMatchObject({
      transformerFolder: '0_Transformer',
      pooling: ['mean'],
      steps: [{ type: 'dense', folder: '2_Dense', outFeatures: 3, activation: 'torch.nn.modules.linear.Identity', residual: false }, { type: 'layer-norm', folder: '4_LayerNorm' }],
      dimensions: 3,
    });
  });

  it('pools as sentence-transformers does where nothing is said', () => {
    expect(readPipeline(model({ 'config.json': { hidden_size: 8 } }))).toMatchObject({ pooling: ['mean'], normalized: false, dimensions: 8, declared: false });
    expect(readPipeline(model({}, ['Qwen3ForCausalLM']))).toMatchObject({ pooling: ['lasttoken'] });
  });
});

describe('readTextSettings', () => {
  const read = (json: Record<string, unknown>) => readTextSettings(model(json), '');

  it('takes the stated length first', () => {
    const json = { 'sentence_bert_config.json': { max_seq_length: 256 }, 'tokenizer_config.json': { model_max_length: 512 }, 'config.json': { max_position_embeddings: 512 } };
    expect(read(json)).toMatchObject({ maxTokens: 256, positionLimit: 512 });
  });

  it('takes the smaller of tokenizer and positions otherwise', () => {
    expect(read({ 'tokenizer_config.json': { model_max_length: 1e30 }, 'config.json': { max_position_embeddings: 128 } }).maxTokens).toBe(128);
    expect(read({ 'tokenizer_config.json': { model_max_length: 64 }, 'config.json': { max_position_embeddings: 128 } }).maxTokens).toBe(64);
    expect(read({}).maxTokens).toBe(512);
  });

  it('leaves out the positions that RoBERTa never uses', () => {
    const config = { model_type: 'xlm-roberta', max_position_embeddings: 514, pad_token_id: 1 };
    expect(read({ 'config.json': config }).maxTokens).toBe(512);
    expect(read({ 'config.json': config, 'sentence_bert_config.json': { max_seq_length: 514 } }).maxTokens).toBe(512);
  });

  it('knows no limit of rotary positions', () => {
    const config = { max_position_embeddings: 128, rope_theta: 10_000 };
    expect(read({ 'config.json': config, 'sentence_bert_config.json': { max_seq_length: 512 } })).toMatchObject({ maxTokens: 512, positionLimit: undefined });
  });

  it('reads the prompts, and has empty ones for queries and documents', () => {
    const json = { 'config_sentence_transformers.json': { prompts: { query: 'q: ', passage: 'p: ' }, default_prompt_name: 'passage' } };
    expect(read(json)).toMatchObject({ prompts: { query: 'q: ', document: '', passage: 'p: ' }, declaredPrompts: ['query', 'passage'], defaultPromptName: 'passage' });
  });

  it('refuses an encoder that is used for something else', () => {
    expect(() => read({ 'sentence_bert_config.json': { transformer_task: 'fill-mask' } })).toThrow(/fill-mask/);
  });
});
