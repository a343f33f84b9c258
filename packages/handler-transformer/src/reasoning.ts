import { LlmiError, type GenerateRequest } from '@llmi/core';
import { thinks, type Dialect } from './output/dialect.js';

export type ReasoningChoice = NonNullable<GenerateRequest['reasoning']>;

/** What a request wants of a model's thinking, as it comes down to this model. */
export interface ReasoningPlan {
  /** Variables for the template, of those that it reads. */
  values: Record<string, unknown>;
  /** Most tokens of thinking; undefined is no limit. */
  budget: number | undefined;
  isOff: boolean;
}

/** Tokens for an effort, where the template has no word for it; high is as much as the model wants. */
const effortBudgets: Record<string, number | undefined> = { minimal: 256, low: 1024, medium: 4096 };

/** @throws {LlmiError} INPUT_UNSUPPORTED for a model that does not think */
export function planReasoning(choice: ReasoningChoice | undefined, template: string | undefined, dialect: Dialect): ReasoningPlan {
  if (choice === undefined || choice === 'auto') return { values: {}, budget: undefined, isOff: false };
  const isOff = choice === 'off' || choice === 0;
  if (!thinks(dialect) || template === undefined) {
    if (isOff) return { values: {}, budget: undefined, isOff: false };
    throw new LlmiError('INPUT_UNSUPPORTED', { message: 'This model does not think before it answers.', hint: 'Leave "reasoning" out, or send "auto" or "off".', param: 'reasoning' });
  }
  const effort = typeof choice === 'string' && choice !== 'on' && choice !== 'off' ? choice : undefined;
  const hasEffort = /\breasoning_effort\b/.test(template);
  const wanted: Record<string, unknown> = {
    enable_thinking: !isOff,
    thinking: !isOff,
    ...(isOff ? { thinking_budget: 0, reasoning_effort: dialect.isHarmony ? 'low' : 'none' } : {}),
    ...(typeof choice === 'number' && !isOff ? { thinking_budget: choice } : {}),
    ...(effort === undefined ? {} : { reasoning_effort: effort === 'minimal' ? 'low' : effort }),
  };
  const values = Object.fromEntries(Object.entries(wanted).filter(([name]) => new RegExp(`\\b${name}\\b`).test(template)));
  const budget = isOff ? undefined : typeof choice === 'number' ? choice : effort === undefined || hasEffort ? undefined : effortBudgets[effort];
  return { values, budget, isOff };
}

/**
 * What to write after a prompt so that the model does not think. A template that has a switch for it did so itself, unless it ends
 * inside the thinking.
 */
export function closeThinking(prompt: string, { isHarmony, reasoning }: Dialect, { values }: ReasoningPlan): string {
  if (isHarmony) return prompt.trimEnd().endsWith('assistant') ? '<|channel|>final<|message|>' : '';
  if (!reasoning) return '';
  const end = prompt.trimEnd();
  if (end.endsWith(reasoning.open)) return `${prompt.endsWith('\n') ? '' : '\n'}\n${reasoning.close}\n\n`;
  const hasSwitch = 'enable_thinking' in values || 'thinking' in values || 'thinking_budget' in values;
  return hasSwitch || end.endsWith(reasoning.close) ? '' : `${reasoning.open}\n\n${reasoning.close}\n\n`;
}
