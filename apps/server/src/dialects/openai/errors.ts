import type { ErrorCode } from '@llmi/core';
import { messageWithHint, type PublicError } from '../../public-error.js';

/** Codes that OpenAI's clients know by name; the others are ours in small letters. */
const knownCodes: Partial<Record<ErrorCode, string>> = {
  CONTEXT_LENGTH_EXCEEDED: 'context_length_exceeded',
  MODEL_NOT_FOUND: 'model_not_found',
  MODEL_NOT_INSTALLED: 'model_not_found',
  UNAUTHORIZED: 'invalid_api_key',
  QUEUE_FULL: 'rate_limit_exceeded',
  RATE_LIMITED: 'rate_limit_exceeded',
};

const typesByStatus: Record<number, string> = { 401: 'authentication_error', 403: 'permission_error', 429: 'rate_limit_error' };

/** What a field of our requests is called in theirs, by route. */
const theirNames = new Map([
  ['/v1/chat/completions prompt', 'messages'],
  ['/v1/chat/completions stop_sequences', 'stop'],
  ['/v1/chat/completions mode', 'model'],
  ['/v1/completions stop_sequences', 'stop'],
  ['/v1/completions mode', 'model'],
  ['/v1/embeddings texts', 'input'],
  ['/v1/responses messages', 'input'],
  ['/v1/responses prompt', 'input'],
  ['/v1/responses mode', 'model'],
  ['/v1/responses max_tokens', 'max_output_tokens'],
  ['/v1/images/generations num_images', 'n'],
  ['/v1/images/edits num_images', 'n'],
  ['/v1/images/edits mask_image', 'mask'],
  ['/v1/audio/speech prompt', 'input'],
  ['/v1/audio/speech audio_format', 'response_format'],
  ['/v1/audio/transcriptions audio', 'file'],
  ['/v1/audio/translations audio', 'file'],
  ['/v1/videos image', 'input_reference'],
]);

/** An error in OpenAI's shape. It has no place for a hint, which therefore follows the message. */
export function openaiErrorBody(error: PublicError, url: string): Record<string, unknown> {
  const { status, code, param } = error;
  return {
    error: {
      message: messageWithHint(error),
      type: typesByStatus[status] ?? (status >= 500 ? 'server_error' : 'invalid_request_error'),
      param: theirNames.get(`${url.split('?')[0]} ${param}`) ?? param ?? null,
      code: knownCodes[code] ?? code.toLowerCase(),
    },
  };
}
