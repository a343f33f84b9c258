import { doneEvent, type GenerateRequest } from '@llmi/core';
import { chooseGraphs, layOutContents, pairOverhead, type LaidOutToken, type TextToken } from '@llmi/runtime-transformers';
import { invalid, requireText } from '../invalid-input.js';
import type { Specialist, SpecialistKind } from '../specialist.js';
import { bestSpans, noAnswerScore, spanProbabilities } from './answer-spans.js';
import { TextGraph, textGraphs } from './text-graph.js';

/** Tokens of a window of question and context, and those that two windows share, at most. Source: transformers. */
const windowTokens = 384;
const sharedTokens = 128;

/** Finds the answer to a question in a text. */
export const questionAnsweringKind: SpecialistKind = {
  graphs: (model, dtype) => chooseGraphs(model, textGraphs, dtype),
  fields: ['question', 'context', 'prompt', 'topK'],
  modes: { auto: 'The part of the context that answers the question.', 'or-none': 'The same, or an empty answer where the context has none.' },
  check({ question, prompt, context }: GenerateRequest) {
    if (question !== undefined && prompt !== undefined) throw invalid('prompt', 'Both "question" and "prompt" are given.', 'Give the question once.');
    requireText(question ?? prompt, 'question', 'Ask something about the context.');
    requireText(context, 'context', 'Give the text that holds the answer.');
  },
  async load(context): Promise<Specialist> {
    const graph = await TextGraph.load(context);
    return {
      info: graph.info,
      async *run(request, _task, signal) {
        const started = performance.now();
        const answers = await answer(graph, request, signal);
        yield doneEvent({ type: 'answer', ...answers[0]!, ...(request.topK !== undefined && request.topK !== 1 ? { answers } : {}) }, { run: performance.now() - started });
      },
      [Symbol.asyncDispose]: () => graph[Symbol.asyncDispose](),
    };
  },
};

interface Answer {
  answer: string;
  score: number;
  start: number;
  end: number;
}

/** The best answers of all windows. Source: QuestionAnsweringPipeline of transformers 4.57 */
async function answer(graph: TextGraph, { question, prompt, context, topK = 1, mode }: GenerateRequest, signal?: AbortSignal): Promise<Answer[]> {
  const text = context!;
  const contextTokens = graph.tokenizer.content(text);
  const answers: Answer[] = [];
  let none = Infinity;
  for (const window of windows(graph, question ?? prompt!, contextTokens)) {
    const [start, end] = await graph.run(window, ['start_logits', 'end_logits'], signal);
    const mayAnswer = window.map(({ id, sequence }) => sequence === 1 || id === graph.tokenizer.special.cls);
    const starts = spanProbabilities(start!.data, mayAnswer);
    const ends = spanProbabilities(end!.data, mayAnswer);
    none = Math.min(none, noAnswerScore(starts, ends));
    starts[0] = ends[0] = 0;
    for (const span of bestSpans(starts, ends, mayAnswer, topK * 2 + 10)) {
      const place = wordsOf(window[span.start]!, window[span.end]!, window);
      const found = text.slice(...place);
      const same = answers.find((other) => other.answer.toLowerCase() === found.toLowerCase());
      if (same) same.score += span.score;
      else answers.push({ answer: found, score: span.score, start: place[0], end: place[1] });
    }
  }
  if (mode === 'or-none') answers.push({ answer: '', score: none, start: 0, end: 0 });
  const best = answers.sort((left, right) => right.score - left.score).slice(0, topK || Infinity);
  return best.length > 0 ? best : [{ answer: '', score: 0, start: 0, end: 0 }];
}

/** The question with the context, in parts that overlap where it is long. */
function windows(graph: TextGraph, question: string, context: TextToken[]): LaidOutToken[][] {
  const asked = graph.tokenizer.content(question);
  const most = Math.min(graph.maxTokens, windowTokens);
  const room = most - pairOverhead(graph.tokenizer) - asked.length;
  const shared = Math.min(Math.floor(most / 2), sharedTokens);
  if (room <= shared && context.length > room) throw invalid('question', `The question has ${asked.length} tokens; this model reads ${most} of question and context.`, 'Ask something shorter.');
  const parts: LaidOutToken[][] = [];
  for (let start = 0; ; start += room - shared) {
    parts.push(layOutContents(graph.tokenizer, asked, context.slice(start, start + room)).tokens);
    if (start + room >= context.length) return parts;
  }
}

/** From the first letter of the word that an answer begins in to the last one of the word it ends in, as far as the window has them. */
function wordsOf(first: LaidOutToken, last: LaidOutToken, window: readonly LaidOutToken[]): [number, number] {
  const isIn = (token: LaidOutToken) => (other: LaidOutToken) => other.sequence === 1 && other.word === token.word;
  return [window.find(isIn(first))?.start ?? first.start, window.findLast(isIn(last))?.end ?? last.end];
}
