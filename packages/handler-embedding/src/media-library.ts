import type * as Media from '@llmi/media';
import { LlmiError } from '@llmi/core';

let media: Promise<typeof Media> | undefined;

/**
 * The package that decodes and resizes pictures: only models that look at them need it, so it is no dependency of everybody's.
 * @throws {LlmiError} DEPENDENCY_MISSING
 */
export function importMedia(): Promise<typeof Media> {
  media ??= import('@llmi/media').catch((cause: unknown) => {
    media = undefined;
    throw new LlmiError('DEPENDENCY_MISSING', { message: 'Models that look at pictures need the package @llmi/media.', hint: 'Install it: npm install @llmi/media', cause });
  });
  return media;
}
