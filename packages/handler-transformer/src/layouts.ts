import { LlmiError } from '@llmi/core';
import type { TemplateMessage } from './template-messages.js';

/** How a prompt is written for a model that has no template of its own, and where its answer ends. */
export interface Layout {
  text: string;
  stop: string[];
}

/** One line per turn, `user: ...`; the answer ends where the model starts to speak for the user. */
export function plainTurns(messages: readonly TemplateMessage[]): Layout {
  const turns = messages.map(({ role, content }) => `${role}: ${content ?? ''}\n`).join('');
  return { text: `${turns}assistant:`, stop: ['\nuser:'] };
}

/** Source: Taori et al. 2023, https://github.com/tatsu-lab/stanford_alpaca#data-release */
export function alpaca(messages: readonly TemplateMessage[]): Layout {
  const system = messages[0]?.role === 'system' ? (messages[0].content ?? '') : 'Below is an instruction that describes a task. Write a response that appropriately completes the request.';
  const rest = messages.filter(({ role }) => role !== 'system');
  if (rest.length !== 1 || rest[0]!.role !== 'user') {
    throw new LlmiError('INPUT_INVALID', {
      message: 'Mode "instruct" takes one instruction, and this model has no template for more.',
      hint: 'Send one "prompt", or use mode "chat" for a conversation.',
      param: 'messages',
    });
  }
  return { text: `${system}\n\n### Instruction:\n${rest[0]!.content ?? ''}\n\n### Response:\n`, stop: ['\n### Instruction:'] };
}
