import { LlmiError, toSnakeCase, type GenerateRequest } from '@llmi/core';

export const modes = { auto: 'Answers in the model\'s own chat template.', chat: 'A conversation, with pictures in it.' };
export const tasks = ['image-text-to-text'] as const;

const fields = ['model', 'mode', 'task', 'prompt', 'messages', 'system', 'image', 'images', 'maxTokens', 'temperature', 'topK', 'topP', 'minP', 'repetitionPenalty', 'presencePenalty', 'frequencyPenalty', 'seed', 'stopSequences', 'logitBias'];

/** @throws {LlmiError} MODE_UNSUPPORTED, TASK_UNSUPPORTED, INPUT_UNSUPPORTED, INPUT_INVALID */
export function checkRequest(request: GenerateRequest): void {
  const { mode = 'auto', task } = request;
  if (!(mode in modes)) throw new LlmiError('MODE_UNSUPPORTED', { message: `This model has no mode "${mode}".`, hint: `Use one of: ${Object.keys(modes).join(', ')}.`, param: 'mode' });
  if (task !== undefined && !(tasks as readonly string[]).includes(task)) throw new LlmiError('TASK_UNSUPPORTED', { message: `This model has no task "${task}".`, hint: `It can do: ${tasks.join(', ')}.`, param: 'task' });
  const other = Object.entries(request).find(([name, value]) => value !== undefined && !fields.includes(name));
  if (other) {
    const param = toSnakeCase(other[0]);
    throw new LlmiError('INPUT_UNSUPPORTED', { message: `This model has no use for "${param}".`, hint: `Leave it out; what counts here is: ${fields.slice(1).map(toSnakeCase).join(', ')}.`, param });
  }
  if (request.prompt === undefined && !request.messages?.some(({ role }) => role === 'user')) {
    throw new LlmiError('INPUT_INVALID', { message: 'There is nothing to answer.', hint: 'Give "prompt", or "messages" with one of the user.', param: 'prompt' });
  }
}
