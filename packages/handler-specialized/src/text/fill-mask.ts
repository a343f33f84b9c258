import { doneEvent, type GenerateRequest } from '@llmi/core';
import { chooseGraphs, layOut } from '@llmi/runtime-transformers';
import { invalid, requireText } from '../invalid-input.js';
import type { Specialist, SpecialistKind } from '../specialist.js';
import { bestIndices, softmax } from './scores.js';
import { requireRoom, TextGraph, textGraphs } from './text-graph.js';

/** Words for each mask. Source: transformers. */
export const defaultTopK = 5;

/** Says what may stand in place of a mask. */
export const fillMaskKind: SpecialistKind = {
  graphs: (model, dtype) => chooseGraphs(model, textGraphs, dtype),
  fields: ['prompt', 'labels', 'topK', 'truncate'],
  modes: { auto: 'The likeliest words for every mask in the text.' },
  check: ({ prompt }: GenerateRequest) => void requireText(prompt, 'prompt', 'Give a text with a mask in it, such as "Paris is the [MASK] of France."'),
  async load(context): Promise<Specialist> {
    const graph = await TextGraph.load(context);
    return {
      info: graph.info,
      async *run(request, _task, signal) {
        const started = performance.now();
        const entities = await fill(graph, request, signal);
        yield doneEvent({ type: 'tokens', entities }, { run: performance.now() - started });
      },
      [Symbol.asyncDispose]: () => graph[Symbol.asyncDispose](),
    };
  },
};

/** The likeliest tokens of each mask, mask by mask, best first. Source: FillMaskPipeline of transformers 4.57 */
async function fill(graph: TextGraph, { prompt, labels, topK = defaultTopK, truncate }: GenerateRequest, signal?: AbortSignal) {
  const { tokenizer } = graph;
  const { mask, pad } = tokenizer.special;
  const { tokens, fullLength } = layOut(tokenizer, prompt!, { maxTokens: graph.maxTokens });
  requireRoom(graph, fullLength, truncate, 'prompt');
  const masks = tokens.flatMap(({ id }, at) => (id === mask ? [at] : []));
  if (mask === undefined || masks.length === 0) {
    const named = mask === undefined ? undefined : tokenizer.idToToken(mask);
    throw invalid('prompt', 'The text has no mask to fill.', named === undefined ? 'This model has no mask token.' : `Write ${named} where a word is to be found.`);
  }
  const targets = labels && targetIds(graph, labels);
  const [logits] = await graph.run(tokens, ['logits'], signal);
  const vocabulary = logits!.shape.at(-1)!;
  return masks.flatMap((at, index) => {
    const scores = softmax(logits!.data.subarray(at * vocabulary, (at + 1) * vocabulary));
    const candidates = targets ?? scores.map((_, id) => id);
    const best = bestIndices(candidates.map((id) => scores[id]!), topK === 0 ? Infinity : topK).map((place) => candidates[place]!);
    return best.map((token) => {
      const word = tokenizer.decode([token], { skipSpecialTokens: false });
      const ids = tokens.map(({ id }, place) => (place === at ? token : id)).filter((id) => id !== pad);
      const sequence = tokenizer.decode(ids, { skipSpecialTokens: masks.length === 1 }); // else the other masks would be missing
      return { entity: word, score: scores[token]!, word, start: tokens[at]!.start, end: tokens[at]!.end, token, sequence, mask: index };
    });
  });
}

/** Tokens that are asked about: words of the vocabulary, or the first token of others. */
function targetIds({ tokenizer }: TextGraph, labels: readonly string[]): number[] {
  const ids = labels.flatMap((label) => tokenizer.tokenToId(label) ?? tokenizer.content(label)[0]?.id ?? []);
  if (ids.length === 0) throw invalid('labels', 'None of the labels is in the vocabulary of this model.', 'Give words, such as ["capital", "heart"].');
  return [...new Set(ids)];
}
