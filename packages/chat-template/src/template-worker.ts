import { parentPort } from 'node:worker_threads';
import { parseTemplate } from './python-interpreter.js';
import { renderTemplate, TemplateRefusal, type ParsedTemplate } from './render-template.js';

/** What a thread that renders chat templates is told. */
export interface RenderOrder {
  id: number;
  template: string;
  values: Record<string, unknown>;
  now: number; // milliseconds since 1970, for strftime_now
}

/** What it answers. `raised`: the template refused the messages; otherwise it is at fault. */
export type WorkerMessage = { type: 'ready' } | { type: 'text'; id: number; text: string } | { type: 'error'; id: number; error: string; raised: boolean };

const parsed = new Map<string, ParsedTemplate>();

function answer({ id, template, values, now }: RenderOrder): WorkerMessage {
  try {
    let program = parsed.get(template);
    if (!program) parsed.set(template, (program = parseTemplate(template)));
    return { type: 'text', id, text: renderTemplate(program, values, new Date(now)) };
  } catch (error) {
    return { type: 'error', id, error: error instanceof Error ? error.message : String(error), raised: error instanceof TemplateRefusal };
  }
}

const send = (message: WorkerMessage) => parentPort!.postMessage(message);
parentPort!.on('message', (order: RenderOrder) => send(answer(order)));
send({ type: 'ready' });
