import type { Answer } from './types';

/** 1:02.5 */
export function formatTime(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${(seconds - 60 * minutes).toFixed(1).padStart(4, '0')}`;
}

/** How much an answer was, and how fast. */
export function summaryOf({ usage, timing, seed }: Answer): string {
  const parts: string[] = [];
  if (usage?.completion_tokens) {
    parts.push(`${usage.completion_tokens} tokens`);
    if (timing?.['decode']) parts.push(`${((1000 * usage.completion_tokens) / timing['decode']).toFixed(1)} tokens/s`);
  } else if (usage) parts.push(`${usage.total_tokens} tokens`);
  const total = Object.values(timing ?? {}).reduce((sum, milliseconds) => sum + milliseconds, 0);
  if (total > 0) parts.push(`${(total / 1000).toFixed(2)} s`);
  if (seed !== undefined) parts.push(`seed ${seed}`);
  return parts.join(', ');
}
