import { LlmiError, toSnakeCase, type GenerateRequest } from '@llmi/core';

export const modes = {
  auto: 'Looks at pictures and answers, or makes a picture where the task is text-to-image.',
  understand: 'Answers a question about pictures, or any other.',
  generate: 'Makes a picture of a text.',
};
export const tasks = ['any-to-any', 'image-text-to-text', 'text-to-image'] as const;

const always = ['model', 'mode', 'task', 'prompt', 'messages', 'seed', 'temperature'];
const fieldsOf = {
  understand: ['system', 'image', 'images', 'maxTokens', 'topK', 'topP', 'minP', 'repetitionPenalty', 'presencePenalty', 'frequencyPenalty', 'stopSequences', 'logitBias'],
  generate: ['guidanceScale', 'numImages', 'outputFormat'],
};
const formats = ['png', 'jpeg', 'webp'];

/** Which of the two is asked for. @throws {LlmiError} MODE_UNSUPPORTED, TASK_UNSUPPORTED, INPUT_UNSUPPORTED, INPUT_INVALID */
export function resolveRequest(request: GenerateRequest): 'understand' | 'generate' {
  const { mode = 'auto', task } = request;
  if (!(mode in modes)) throw new LlmiError('MODE_UNSUPPORTED', { message: `This model has no mode "${mode}".`, hint: `Use one of: ${Object.keys(modes).join(', ')}.`, param: 'mode' });
  if (task !== undefined && !(tasks as readonly string[]).includes(task)) throw new LlmiError('TASK_UNSUPPORTED', { message: `This model has no task "${task}".`, hint: `Use one of: ${tasks.join(', ')}.`, param: 'task' });
  const chosen = mode === 'auto' ? (task === 'text-to-image' ? 'generate' : 'understand') : (mode as 'understand' | 'generate');
  const taken = [...always, ...fieldsOf[chosen]];
  const other = Object.entries(request).find(([name, value]) => value !== undefined && !taken.includes(name));
  if (other) {
    const param = toSnakeCase(other[0]);
    throw new LlmiError('INPUT_UNSUPPORTED', { message: `The mode ${chosen} has no use for "${param}".`, hint: `Leave it out; what counts here is: ${taken.slice(1).map(toSnakeCase).join(', ')}.`, param });
  }
  if (request.prompt === undefined && !request.messages?.some(({ role }) => role === 'user')) {
    throw new LlmiError('INPUT_INVALID', { message: 'There is nothing to answer.', hint: 'Give "prompt", or "messages" with one of the user.', param: 'prompt' });
  }
  if (request.outputFormat !== undefined && !formats.includes(request.outputFormat)) {
    throw new LlmiError('INPUT_UNSUPPORTED', { message: `Pictures are not made as ${request.outputFormat}.`, hint: `Use one of: ${formats.join(', ')}.`, param: 'output_format' });
  }
  return chosen;
}
