import { describe, expect, it } from 'vitest';
import { handlerManifestSchema, type HandlerManifest } from './manifest.js';
import { matchesGlob, matchManifest } from './match.js';
import { modelInfoSchema, type ModelInfoInput } from './model-info.js';

const manifest = (extra: Partial<Record<keyof HandlerManifest, unknown>>): HandlerManifest =>
  handlerManifestSchema.parse({ name: 'test', entry: './dist/index.js', tasks: ['text-generation'], match: {}, ...extra });
const model = (extra: Partial<ModelInfoInput>) => modelInfoSchema.parse({ id: 'org/name', source: 'hub', files: [], ...extra });

describe('matchesGlob', () => {
  it.each([
    ['*Model', 'BertModel', true],
    ['*Model', 'BertModelForX', false],
    ['*/bge-*', 'BAAI/bge-small', true],
    ['bert', 'BERT', true],
    ['a*b*c', 'aXbYc', true],
    ['a*b*c', 'acb', false],
    ['*ab', 'ab', true],
    ['ab*ab', 'ab', false],
    ['*', '', true],
  ])('%s on %s: %s', (pattern, text, expected) => {
    expect(matchesGlob(pattern, text)).toBe(expected);
  });

  it('stays fast on a pattern made to be slow', () => {
    expect(matchesGlob(`${'*a'.repeat(50)}*b`, 'a'.repeat(20_000))).toBe(false);
  });
});

describe('matchManifest', () => {
  it('counts the most specific kind that matches', () => {
    const both = manifest({ match: { modelTypes: ['bert'], pipelineTags: ['feature-extraction'] } });
    const verdict = matchManifest(both, model({ modelType: 'bert', pipelineTag: 'feature-extraction' }));
    expect(verdict).toMatchObject({ taken: true, specificity: 5 });
    expect(verdict.reasons.map(({ kind }) => kind)).toEqual(['modelTypes', 'pipelineTags']);
  });

  it('leaves out what the manifest excludes, and says so', () => {
    const text = manifest({ match: { architectures: ['*ForCausalLM'] }, exclude: { files: ['modules.json'] } });
    const facts = model({ architectures: ['Qwen3ForCausalLM'], files: [{ path: 'modules.json', sizeBytes: 1 }] });
    expect(matchManifest(text, facts)).toMatchObject({ taken: false, refusal: 'it leaves out models whose file modules.json fits "modules.json"' });
  });

  it('refuses a format it does not read', () => {
    const gguf = manifest({ match: { modelTypes: ['llama'] }, formats: ['gguf'] });
    expect(matchManifest(gguf, model({ modelType: 'llama', formats: ['safetensors'] }))).toMatchObject({
      taken: false,
      refusal: 'it reads gguf; this model has safetensors',
    });
  });

  it('does not take what nothing matches', () => {
    expect(matchManifest(manifest({ match: { modelTypes: ['llama'] } }), model({ modelType: 'vit' }))).toMatchObject({ taken: false, specificity: 0 });
  });
});
