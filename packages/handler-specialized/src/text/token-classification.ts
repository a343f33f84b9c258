import { doneEvent, type GenerateRequest } from '@llmi/core';
import { chooseGraphs, layOut } from '@llmi/runtime-transformers';
import { requireText } from '../invalid-input.js';
import type { Specialist, SpecialistKind } from '../specialist.js';
import { aggregate, type Aggregation, type ScoredToken } from './aggregate-entities.js';
import { labelNames } from './label-names.js';
import { softmax } from './scores.js';
import { TextGraph, textGraphs } from './text-graph.js';

const modes: Record<string, string> = {
  auto: 'Entities as the text names them: the words of one entity together, as simple.',
  none: 'One answer for each token.',
  simple: 'Neighbouring tokens with one label together.',
  first: 'Whole words, each labelled as its first token.',
  average: 'Whole words, labelled by the average over their tokens.',
  max: 'Whole words, labelled as their surest token.',
};

/** Finds names of people, places and other things in a text. */
export const tokenClassificationKind: SpecialistKind = {
  graphs: (model, dtype) => chooseGraphs(model, textGraphs, dtype),
  fields: ['prompt', 'labels', 'threshold'],
  modes,
  check: ({ prompt }: GenerateRequest) => void requireText(prompt, 'prompt', 'Give the text to find entities in.'),
  async load(context): Promise<Specialist> {
    const graph = await TextGraph.load(context);
    const nameOf = labelNames(graph.config);
    return {
      info: graph.info,
      async *run({ prompt, mode, labels, threshold = 0 }, _task, signal) {
        const started = performance.now();
        const strategy = (mode === undefined || mode === 'auto' ? 'simple' : mode) as Aggregation;
        const tokens = await classifyTokens(graph, prompt!, signal);
        const ran = performance.now();
        const found = aggregate(prompt!, tokens, strategy, { tokenizer: graph.tokenizer, nameOf });
        const entities = found.filter(({ entity, score }) => (labels ? labels.includes(entity) : entity !== 'O') && score >= threshold);
        yield doneEvent({ type: 'tokens', entities }, { run: ran - started, answer: performance.now() - ran });
      },
      [Symbol.asyncDispose]: () => graph[Symbol.asyncDispose](),
    };
  },
};

/** Tokens that two windows share, as a part of the window: what is close to an edge is read better in the other one. */
const overlap = 1 / 4;

/** The probabilities of every token of a text, in windows where it is longer than the model reads. */
async function classifyTokens(graph: TextGraph, text: string, signal?: AbortSignal): Promise<ScoredToken[]> {
  const { before, after } = graph.tokenizer.frame;
  const { tokens } = layOut(graph.tokenizer, text);
  const [head, content, tail] = [tokens.slice(0, before.ids.length), tokens.slice(before.ids.length, tokens.length - after.ids.length), tokens.slice(tokens.length - after.ids.length)];
  const room = Math.min(content.length, graph.maxTokens - head.length - tail.length);
  const scored: (ScoredToken & { depth: number })[] = [];
  for (const start of windowStarts(content.length, room)) {
    const [logits] = await graph.run([...head, ...content.slice(start, start + room), ...tail], ['logits'], signal);
    const classes = logits!.shape.at(-1)!;
    for (let at = 0; at < room; at++) {
      const index = start + at;
      const depth = Math.min(start === 0 ? Infinity : at, index + room - at === content.length ? Infinity : room - 1 - at);
      if (scored[index] && scored[index].depth >= depth) continue;
      const row = head.length + at;
      scored[index] = { ...content[index]!, index: head.length + index, depth, scores: softmax(logits!.data.subarray(row * classes, (row + 1) * classes)) };
    }
  }
  return scored;
}

/** First tokens of windows that together cover everything. */
function windowStarts(length: number, room: number): number[] {
  if (length <= room || room <= 0) return [0];
  const step = Math.max(1, room - Math.floor(room * overlap));
  const starts: number[] = [];
  for (let start = 0; start + room < length; start += step) starts.push(start);
  return [...starts, length - room];
}
