import { messageWithHint, type PublicError } from '../../public-error.js';

// Source: https://docs.anthropic.com/en/api/errors
const typesByStatus: Record<number, string> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
};

/** An error in Anthropic's shape. */
export function anthropicErrorBody(error: PublicError, requestId: string): Record<string, unknown> {
  const type = typesByStatus[error.status] ?? (error.status >= 500 ? 'api_error' : 'invalid_request_error');
  return { type: 'error', error: { type, message: messageWithHint(error) }, request_id: requestId };
}
