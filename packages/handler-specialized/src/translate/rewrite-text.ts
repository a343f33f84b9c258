import { doneEvent, LlmiError, type GenerateRequest } from '@llmi/core';
import { chooseGraphs, modelJson, OnnxSeq2SeqModel, seq2seqGraphs, TextStream, textOfTokens } from '@llmi/runtime-transformers';
import type { SpecializedTask } from '../find-tasks.js';
import { generationFields, generationSettings } from '../generation-settings.js';
import { requireText } from '../invalid-input.js';
import type { Specialist, SpecialistKind } from '../specialist.js';
import { languagesOf } from './languages.js';
import { translationPlan, type TranslationModel } from './translation-plan.js';

/** Rewrites a text: translates it, summarizes it, or does what the text asks for. */
export const rewriteKind: SpecialistKind = {
  graphs: (model, dtype) => chooseGraphs(model, seq2seqGraphs, dtype),
  fields: ['prompt', 'language', 'sourceLanguage', 'truncate', ...generationFields],
  modes: { auto: 'Rewrites the text as the model was made to.' },
  check: ({ prompt }: GenerateRequest) => void requireText(prompt, 'prompt', 'Give the text to work on.'),
  async load({ model, folder, options }): Promise<Specialist> {
    const [config = {}, tokens] = await Promise.all([modelJson(model, folder, 'config.json'), modelJson(model, folder, 'tokenizer_config.json')]);
    const seq2seq = await OnnxSeq2SeqModel.load(folder, model, options);
    const positions = config.max_position_embeddings;
    const contextLength = typeof positions === 'number' ? positions : undefined; // a model with relative positions has no end
    const translation: TranslationModel = { family: model.modelType ?? '', tokenizer: seq2seq.tokenizer, languages: languagesOf(seq2seq.tokenizer), pair: { source: text(tokens?.source_lang), target: text(tokens?.target_lang) }, config };
    return {
      info: { ...seq2seq.info, ...(contextLength === undefined ? {} : { contextLength }) },
      async *run(request, task, signal) {
        const started = performance.now();
        const specific = taskSettings(config, request, task);
        const plan = translationPlan(translation, request, task, specific.prefix);
        const ids = fit(plan.ids, plan.keptAtEnd, contextLength, request.truncate);
        const settings = generationSettings({ config: { ...seq2seq.config, ...plan.changes }, decoderPositions: seq2seq.decoderPositions }, request, { overrides: specific.overrides, encoderIds: ids });
        const encoded = await seq2seq.encodeText(ids, signal);
        const prepared = performance.now();
        const pieces = textOfTokens(seq2seq.generate(encoded, settings, plan.start, signal), new TextStream(seq2seq.tokenizer), request.stopSequences);
        let piece = await pieces.next();
        for (; !piece.done; piece = await pieces.next()) yield { type: 'text', token: piece.value.text };
        const { text, tokens, finishReason } = piece.value;
        const usage = { promptTokens: ids.length, completionTokens: tokens, totalTokens: ids.length + tokens };
        yield doneEvent({ type: 'text', text, finishReason, usage, ...(settings.sampling ? { seed: settings.sampling.seed } : {}) }, { encode: prepared - started, decode: performance.now() - prepared });
      },
      [Symbol.asyncDispose]: () => seq2seq[Symbol.asyncDispose](),
    };
  },
};

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** What config.json says of one task: `summarization`, or `translation_en_to_de` where both languages are said. Source: `task_specific_params` of transformers. */
function taskSettings(config: Record<string, unknown>, { language, sourceLanguage }: GenerateRequest, task: SpecializedTask): { prefix: string; overrides: Record<string, unknown> } {
  const known = (config.task_specific_params ?? {}) as Record<string, Record<string, unknown> | undefined>;
  const name = task === 'translation' && language !== undefined ? `translation_${sourceLanguage ?? 'en'}_to_${language}` : task;
  const overrides = known[name] ?? {};
  const prefix = overrides.prefix ?? config.prefix;
  return { prefix: typeof prefix === 'string' ? prefix : '', overrides };
}

/** An over-long text is refused, or cut at its end when the request says so; the tokens that close it stay. */
function fit(ids: number[], keptAtEnd: number, contextLength: number | undefined, truncate: boolean | undefined): number[] {
  if (contextLength === undefined || ids.length <= contextLength) return ids;
  if (!truncate) {
    throw new LlmiError('CONTEXT_LENGTH_EXCEEDED', { message: `The text has ${ids.length} tokens; this model reads ${contextLength}.`, hint: 'Shorten it, or set "truncate" to have its end cut off.', param: 'prompt' });
  }
  return [...ids.slice(0, contextLength - keptAtEnd), ...ids.slice(ids.length - keptAtEnd)];
}
