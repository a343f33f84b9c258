import { modelInfoSchema, type ModelInfoInput } from '@llmi/core';
import { expect, it } from 'vitest';
import { isSpecialized, tasksOf } from './find-tasks.js';

const model = (facts: Partial<ModelInfoInput>) => modelInfoSchema.parse({ id: 'org/name', source: 'hub', files: [], ...facts });
const labels = (...names: string[]) => ({ 'config.json': { id2label: Object.fromEntries(names.entries()) } });

it('knows what a model does from its own files', () => {
  expect(tasksOf(model({ architectures: ['XLMRobertaForTokenClassification'] }))).toEqual(['token-classification']);
  expect(tasksOf(model({ architectures: ['T5ForConditionalGeneration'], pipelineTag: 'summarization' }))[0]).toBe('summarization');
  expect(tasksOf(model({ architectures: ['MarianMTModel'], pipelineTag: 'text2text-generation' }))).toEqual(['translation']);
  expect(tasksOf(model({ modelType: 'patchtst' }))).toEqual(['time-series-forecasting']);
  expect(tasksOf(model({}))).toEqual(['tensors']);
});

it('offers labels of any kind where a model compares sentences', () => {
  const nli = { architectures: ['BartForSequenceClassification'], json: labels('contradiction', 'neutral', 'entailment') };
  expect(tasksOf(model(nli))).toEqual(['text-classification', 'zero-shot-classification']);
  expect(tasksOf(model({ ...nli, pipelineTag: 'zero-shot-classification' }))).toEqual(['zero-shot-classification', 'text-classification']);
  expect(tasksOf(model({ ...nli, json: labels('good', 'bad') }))).toEqual(['text-classification']);
});

it('leaves rankers to who ranks, and graphs with a task of their own to who does it', () => {
  const ranker = { architectures: ['BertForSequenceClassification'], json: labels('LABEL_0') };
  expect(isSpecialized(model({ ...ranker, id: 'cross-encoder/ms-marco-MiniLM-L6-v2' }))).toBe(false);
  expect(isSpecialized(model({ ...ranker, id: 'org/how-toxic' }))).toBe(true);
  expect(isSpecialized(model({ pipelineTag: 'image-classification' }))).toBe(false);
  expect(isSpecialized(model({ pipelineTag: 'tabular-regression' }))).toBe(true);
});
