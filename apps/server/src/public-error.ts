import type { ErrorBody } from '@llmi/core';

/** An error as a client may see it. */
export interface PublicError extends ErrorBody {
  status: number;
  /** When to try again, for what passes by itself. */
  retryAfterSeconds?: number;
}

/** The message, and what to do next where an API has no field for it. */
export function messageWithHint({ message, hint }: PublicError): string {
  return hint === undefined ? message : `${message} ${hint}`;
}
