import { LlmiError } from '@llmi/core';

/** An error that passes by itself, and when. */
export class RetryLaterError extends LlmiError {
  constructor(
    { code, message, hint, param, cause }: LlmiError,
    readonly retryAfterSeconds: number,
  ) {
    super(code, { message, hint, param, cause });
  }
}
