import { LlmiError } from '@llmi/core';
import { withInterrupt } from '../interrupt.js';
import { findModel, modelReference, onlyModel } from '../model-argument.js';
import { streamAnswer } from '../run/answer.js';
import { checkOut } from '../run/check-out.js';
import { withDrawing } from '../run/drawing.js';
import { joinPrompt, readPiped } from '../run/input.js';
import { requestFromOptions } from '../run/request-flags.js';
import { withTimes } from '../run/subtitles.js';
import type { CommonOptions, Session } from '../session.js';

/** Fields that are a request by themselves: with one of them no prompt is waited for. */
const inputFields = ['messages', 'texts', 'text', 'query', 'documents', 'question', 'images', 'image', 'audio', 'video', 'values', 'tensors'];

interface RunOptions extends CommonOptions {
  out?: string;
  from?: string;
  draft?: string;
}

export async function run(session: Session, options: RunOptions, model: string | undefined, words: string[]): Promise<void> {
  const { terminal } = session;
  const hasInput = inputFields.some((field) => options[field] !== undefined);
  const piped = hasInput && words.length === 0 ? undefined : await readPiped(session.stdin);
  const given = options.from === undefined ? undefined : await (await import('../run/from-picture.js')).requestOfPicture(options.from, terminal);
  const prompt = joinPrompt(words, piped) ?? given?.request.prompt;
  const request = { ...given?.request, ...(await requestFromOptions(options, { prompt }, terminal.cwd)) };
  if (prompt === undefined && !hasInput && !session.stdin.isTTY) {
    throw new LlmiError('USAGE', { message: 'There is no prompt.', hint: `Write it after the model, or pipe it in: echo "Hello" | llmi run ${model ?? 'MODEL'}` });
  }
  if (prompt !== undefined && request.messages !== undefined) {
    throw new LlmiError('USAGE', { message: 'Both a prompt and --messages are given.', hint: 'A request has one of the two.' });
  }
  if (options.out !== undefined) await checkOut(options.out, terminal.cwd);
  if (options.draft !== undefined) session.options = { ...options, draft: [`*=${modelReference(options.draft, terminal)}`] };
  const engine = await session.engine();
  const wanted = model ?? given?.model;
  const { name } = wanted === undefined ? await onlyModel(session, engine) : await findModel(engine, wanted, terminal);
  if (prompt === undefined && !hasInput) {
    if (session.json) throw new LlmiError('USAGE', { message: 'A chat has no JSON form.', hint: 'Give a prompt: with --json every event of the answer is one line.' });
    const { chat } = await import('../run/chat.js');
    return chat(session, engine, name, request);
  }
  const asked = options.out === undefined ? request : withTimes(await withDrawing(engine, name, request, options.out), options.out);
  await withInterrupt(terminal, (signal) => streamAnswer(engine, name, asked, session, { signal, out: options.out }));
}
