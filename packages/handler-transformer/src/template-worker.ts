import { parentPort } from 'node:worker_threads';
import { parseTemplate } from './chat-template/python-interpreter.js';
import { renderTemplate, TemplateRefusal, type ParsedTemplate } from './chat-template/render-template.js';

/** What a thread that renders chat templates is told and answers. */
export interface RenderOrder {
  id: number;
  template: string;
  values: Record<string, unknown>;
  now: number; // milliseconds since 1970, for strftime_now
  maxCharacters: number;
}
export type RenderAnswer = { id: number; text: string } | { id: number; error: string; raised: boolean };

const parsed = new Map<string, ParsedTemplate>();

function render({ template, values, now, maxCharacters }: RenderOrder): string {
  let program = parsed.get(template);
  if (!program) parsed.set(template, (program = parseTemplate(template)));
  const text = renderTemplate(program, values, new Date(now));
  if (text.length > maxCharacters) throw new Error(`it writes more than ${maxCharacters} characters`);
  return text;
}

parentPort!.on('message', (order: RenderOrder) => {
  let answer: RenderAnswer;
  try {
    answer = { id: order.id, text: render(order) };
  } catch (error) {
    answer = { id: order.id, error: error instanceof Error ? error.message : String(error), raised: error instanceof TemplateRefusal };
  }
  parentPort!.postMessage(answer);
});
