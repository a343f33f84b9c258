import { LlmiError, toSnakeCase, type GenerateRequest } from '@llmi/core';
import { florenceModes } from './tasks.js';

const fields = ['model', 'mode', 'task', 'prompt', 'messages', 'image', 'images', 'boxes', 'maxTokens', 'temperature', 'topK', 'topP', 'minP', 'repetitionPenalty', 'presencePenalty', 'frequencyPenalty', 'seed', 'stopSequences', 'logitBias'];

/**
 * The picture that a request is about.
 * @throws {LlmiError} MODE_UNSUPPORTED, TASK_UNSUPPORTED, INPUT_UNSUPPORTED, INPUT_INVALID
 */
export function checkFlorenceRequest(request: GenerateRequest): { image: string; param: string } {
  const { mode = 'auto', task, image, images = [], boxes, messages } = request;
  if (!(mode in florenceModes)) throw new LlmiError('MODE_UNSUPPORTED', { message: `This model has no mode "${mode}".`, hint: `Use one of: ${Object.keys(florenceModes).join(', ')}.`, param: 'mode' });
  if (task !== undefined && task !== 'image-text-to-text') throw new LlmiError('TASK_UNSUPPORTED', { message: `This model has no task "${task}".`, hint: 'It can do: image-text-to-text.', param: 'task' });
  const other = Object.entries(request).find(([name, value]) => value !== undefined && !fields.includes(name));
  if (other) {
    const param = toSnakeCase(other[0]);
    throw new LlmiError('INPUT_UNSUPPORTED', { message: `This model has no use for "${param}".`, hint: `Leave it out; what counts here is: ${fields.slice(1).map(toSnakeCase).join(', ')}.`, param });
  }
  if (messages) throw new LlmiError('INPUT_UNSUPPORTED', { message: 'This model knows no conversations.', hint: 'Send "image" with a "mode", and "prompt" where the mode wants one.', param: 'messages' });
  if (boxes && boxes.length !== 1) throw new LlmiError('INPUT_INVALID', { message: 'This model looks at one box at a time.', hint: 'Give one: "boxes": [[xmin, ymin, xmax, ymax]].', param: 'boxes' });
  const all = [...(image === undefined ? [] : [{ image, param: 'image' }]), ...images.map((text, index) => ({ image: text, param: `images[${index}]` }))];
  if (all.length === 1) return all[0]!;
  throw new LlmiError('INPUT_INVALID', { message: all.length === 0 ? 'There is no picture to look at.' : `There are ${all.length} pictures, and this model looks at one.`, hint: 'Give one picture as "image".', param: all.length === 0 ? 'image' : 'images' });
}
