import { LlmiError } from './errors.js';
import type { DoneEvent, GenerateEvent } from './generate-event.js';
import type { GenerateResult, ResultOf, ResultType } from './generate-result.js';

/** Folds a stream into its closing event. @throws {LlmiError} INTERNAL when it ends without `done`. */
export async function collectDone(events: AsyncIterable<GenerateEvent>): Promise<DoneEvent> {
  for await (const event of events) {
    if (event.type === 'done') return event;
  }
  throw new LlmiError('INTERNAL', {
    message: 'The model ended its stream without a "done" event.',
    hint: 'This is a fault of the handler: generate() must yield "done" once, last. Report it to its author.',
  });
}

/** Folds a stream into its answer: what a plain reply is. */
export async function collect(events: AsyncIterable<GenerateEvent>): Promise<GenerateResult> {
  return (await collectDone(events)).result;
}

/** Like {@link collect}, for a caller that needs one kind of answer. @throws {LlmiError} TASK_UNSUPPORTED for another kind. */
export async function collectAs<Type extends ResultType>(events: AsyncIterable<GenerateEvent>, ...types: Type[]): Promise<ResultOf<Type>> {
  const result = await collect(events);
  if (types.includes(result.type as Type)) return result as ResultOf<Type>;
  throw new LlmiError('TASK_UNSUPPORTED', {
    message: `This model answers with "${result.type}", not with ${types.map((type) => `"${type}"`).join(' or ')}.`,
    hint: 'Use the method for what the model makes: see getModelCapabilities().outputModalities.',
  });
}
