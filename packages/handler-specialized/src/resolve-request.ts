import { LlmiError, toSnakeCase, type GenerateRequest, type ModelInfo } from '@llmi/core';
import type { SpecializedTask } from './find-tasks.js';
import { kindsOf } from './kinds.js';

const always = ['model', 'mode', 'task'];

/**
 * Checks a request against the tasks of a model and chooses the one that is meant.
 * @throws {LlmiError} INPUT_UNSUPPORTED, INPUT_INVALID, MODE_UNSUPPORTED, TASK_UNSUPPORTED
 */
export function resolveRequest(request: GenerateRequest, tasks: readonly [SpecializedTask, ...SpecializedTask[]], model: ModelInfo): { request: GenerateRequest; task: SpecializedTask } {
  const task = taskOf(request, tasks);
  const { modes, fields, check } = kindsOf(model)[task];
  const mode = request.mode ?? 'auto';
  if (!(mode in modes)) {
    throw new LlmiError('MODE_UNSUPPORTED', { message: `The task ${task} has no mode "${mode}".`, hint: `Use one of: ${Object.keys(modes).join(', ')}.`, param: 'mode' });
  }
  const resolved = withPrompt({ ...request, mode, task }, fields);
  const taken = [...always, ...fields];
  const other = Object.entries(resolved).find(([name, value]) => value !== undefined && !taken.includes(name));
  if (other) {
    const param = toSnakeCase(other[0]);
    throw new LlmiError('INPUT_UNSUPPORTED', { message: `The task ${task} has no use for "${param}".`, hint: `Leave it out; what counts here is: ${taken.slice(1).map(toSnakeCase).join(', ')}.`, param });
  }
  check?.(resolved);
  return { request: resolved, task };
}

/** A model of inference is asked about labels that are given, and about its own where a second text is. */
function taskOf({ task, labels, context }: GenerateRequest, tasks: readonly [SpecializedTask, ...SpecializedTask[]]): SpecializedTask {
  if (task === undefined) {
    if (!tasks.includes('zero-shot-classification')) return tasks[0];
    return labels ? 'zero-shot-classification' : context === undefined ? tasks[0] : 'text-classification';
  }
  const known = tasks.find((name) => name === task);
  if (known) return known;
  throw new LlmiError('TASK_UNSUPPORTED', { message: `This model has no task "${task}".`, hint: `It can do: ${tasks.join(', ')}.`, param: 'task' });
}

/** A conversation of one message is a prompt: these models remember nothing. */
function withPrompt({ messages, ...request }: GenerateRequest, fields: readonly string[]): GenerateRequest {
  if (messages === undefined) return request;
  const [only] = messages;
  const isText = typeof only?.content === 'string' || only?.content?.every(({ type }) => type === 'text');
  if (messages.length !== 1 || only?.role !== 'user' || !isText || !fields.includes('prompt') || request.prompt !== undefined) {
    throw new LlmiError('INPUT_UNSUPPORTED', { message: 'This model holds no conversation.', hint: 'Give one text as "prompt".', param: 'messages' });
  }
  const text = typeof only.content === 'string' ? only.content : only.content!.map((part) => (part.type === 'text' ? part.text : '')).join('');
  return { ...request, prompt: text };
}
