import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { generateResultSchema, LlmiError, toSrt, toVtt, toWire, type GenerateRequest, type GenerateResult } from '@llmi/core';
import type { AnsweredEvent, Engine } from '@llmi/engine';
import type { Session } from '../session.js';
import { formatFacts } from '../render/table.js';
import { showWaiting } from '../render/waiting.js';
import { eventDocument } from './event-document.js';
import { mediaOf, writeMedia } from './media-files.js';
import { isSubtitles } from './subtitles.js';

type Answer = Extract<AnsweredEvent, { type: 'done' }>;

interface AnswerOptions {
  signal?: AbortSignal;
  out?: string;
}

/** Asks the model and writes what comes as it comes; gives back the closing event. */
export async function streamAnswer(engine: Engine, model: string, request: GenerateRequest, session: Session, { signal, out }: AnswerOptions = {}): Promise<Answer> {
  const writer = new AnswerWriter(session, out);
  const waiting = showWaiting(session, 'thinking ...');
  const startedAt = performance.now();
  let firstAt: number | undefined; // when the answer began
  try {
    for await (const event of engine.generate(model, request, { signal })) {
      waiting.stop();
      firstAt ??= performance.now();
      if (session.json) session.document(eventDocument(event));
      else writer.take(event);
      if (event.type !== 'done') continue;
      await writer.finish(event);
      if (session.verbose && !session.json) noteUsage(session, event, { waitMs: firstAt - startedAt, answerMs: performance.now() - firstAt });
      return event;
    }
  } catch (error) {
    writer.breakOff();
    throw error;
  } finally {
    waiting.stop();
  }
  throw new LlmiError('INTERNAL', { message: `${model} ended its answer without saying so.`, hint: 'This is a fault of its handler.' });
}

/** Puts the parts of one answer where they belong: text on stdout, thoughts and progress beside it, media in files. */
class AnswerWriter {
  #last: AnsweredEvent['type'] | undefined;
  #endsLine = true;

  constructor(
    readonly session: Session,
    readonly out: string | undefined,
  ) {}

  take(event: AnsweredEvent): void {
    const { session } = this;
    if (this.#last === 'reasoning' && event.type !== 'reasoning') session.note();
    if (this.#last === 'progress' && event.type !== 'progress' && session.stderr.isTTY) session.stderr.write('\r\u001b[K');
    switch (event.type) {
      case 'text':
        if (this.out !== undefined || event.token === '') break;
        session.stdout.write(event.token);
        this.#endsLine = event.token.endsWith('\n');
        break;
      case 'reasoning':
        session.stderr.write(session.colours(session.stderr).dim(event.token));
        break;
      case 'progress':
        if (session.stderr.isTTY) session.stderr.write(`\r\u001b[K${event.stage} ${event.step}/${event.steps}`);
        break;
      case 'tool_call':
        session.print(`${event.toolCall.function.name}(${event.toolCall.function.arguments})`);
        break;
      case 'image':
      case 'audio':
      case 'done':
        break; // the closing event holds them all
    }
    this.#last = event.type;
  }

  /** Ends the line of an answer that is not finished, so that what follows begins on its own. */
  breakOff(): void {
    if (!this.#endsLine && this.session.stdout.isTTY && !this.session.json) this.session.print();
    this.#endsLine = true;
  }

  /** Writes what is known only at the end. */
  async finish({ result }: Answer): Promise<void> {
    const { session, out } = this;
    const media = mediaOf(result);
    if (out !== undefined && media.length === 0) {
      await writeFile(resolve(session.terminal.cwd, out), contentOf(result, out));
      session.note(`Written to ${out}`);
    } else if (media.length > 0 && (out !== undefined || !session.json)) {
      for (const path of await writeMedia(media, out, session.terminal.cwd)) session.note(`Written to ${path}`);
    }
    if (session.json) return;
    if ('text' in result) {
      if (out === undefined && !this.#endsLine) session.print();
      if (out !== undefined && media.length > 0) session.print(result.text); // the file has where it was read, not what
    } else if (media.length === 0 && out === undefined) {
      session.print(session.stdout.isTTY ? summaryOf(result) : JSON.stringify(toWire(generateResultSchema, result)));
    }
  }
}

/** What a file of the result holds: text as it is, speech as the ending of its name says, everything else as JSON. */
function contentOf(result: GenerateResult, out: string): string {
  if (result.type === 'transcription' && isSubtitles(out)) return out.toLowerCase().endsWith('.srt') ? toSrt(result.segments) : toVtt(result.segments);
  if (result.type === 'transcription' && out.toLowerCase().endsWith('.txt')) return `${result.text.trim()}\n`;
  if (result.type === 'text' || result.type === 'multimodal_response') return `${result.text.replace(/\n$/, '')}\n`;
  return `${JSON.stringify(toWire(generateResultSchema, result))}\n`;
}

/** A result for the eye; a pipe gets it whole, as JSON. */
function summaryOf(result: GenerateResult): string {
  switch (result.type) {
    case 'embedding': {
      const rows = result.embeddings.map((row) => `[${row.slice(0, 4).map((value) => value.toFixed(4)).join(', ')}${row.length > 4 ? ', ...' : ''}]`);
      return [`${result.embeddings.length} x ${result.dimensions}`, ...rows].join('\n');
    }
    case 'rerank':
      return formatFacts(result.results.map(({ index, score, document }) => [score.toFixed(4), document ?? `document ${index}`])).join('\n');
    case 'classification':
      return formatFacts(result.labels.map(({ label, score }) => [score.toFixed(4), label])).join('\n');
    case 'detection':
      return result.objects.length === 0 ? 'nothing found' : formatFacts(result.objects.map(({ label, score, box }) => [score.toFixed(4), `${label} at ${boxOf(box)}`])).join('\n');
    default:
      return JSON.stringify(toWire(generateResultSchema, result), null, 2);
  }
}

/** `12,30 to 200,180`: two corners, in pixels. */
const boxOf = ({ xmin, ymin, xmax, ymax }: Record<'xmin' | 'ymin' | 'xmax' | 'ymax', number>) => [[xmin, ymin], [xmax, ymax]].map((corner) => corner.map(Math.round).join(',')).join(' to ');

function noteUsage(session: Session, { result, envelope }: Answer, { waitMs, answerMs }: { waitMs: number; answerMs: number }): void {
  const usage = 'usage' in result ? result.usage : undefined;
  const tokens = usage?.completionTokens ?? 0;
  const seconds = Math.max(answerMs, 1) / 1000;
  const parts = [
    ...(usage ? [`${usage.promptTokens} prompt tokens`] : []),
    `first result after ${Math.round(waitMs)} ms`,
    // the first token was there when the clock of the answer started
    ...(tokens > 1 ? [`${tokens} tokens (${((tokens - 1) / seconds).toFixed(1)} tokens/s)`] : []),
    ...Object.entries(envelope.timing).map(([stage, milliseconds]) => `${stage} ${Math.round(milliseconds)} ms`),
    ...('finishReason' in result && result.finishReason ? [`ended by ${result.finishReason}`] : []),
  ];
  session.note(session.colours(session.stderr).dim(parts.join(' · ')));
}
