import { LlmiError, type AnswerEnvelope, type GenerateRequest, type ResultOf } from '@llmi/core';
import type { Gateway } from './gateway.js';

/** @throws {LlmiError} TASK_UNSUPPORTED when the model makes no vectors of texts */
export async function embedTexts({ engine }: Gateway, model: string, request: GenerateRequest, signal: AbortSignal): Promise<{ result: ResultOf<'embedding'>; envelope: AnswerEnvelope }> {
  const { result, envelope } = await engine.answer(model, request, { signal }).catch((error: unknown) => {
    throw LlmiError.is(error) && error.code === 'INPUT_UNSUPPORTED' && error.param === 'texts' ? noVectors(model, error) : error;
  });
  if (result.type !== 'embedding') throw noVectors(model);
  return { result, envelope };
}

function noVectors(model: string, cause?: unknown): LlmiError {
  return new LlmiError('TASK_UNSUPPORTED', { message: `${model} makes no vectors of texts.`, hint: 'Use an embedding model.', param: 'model', cause });
}
