import type { GenerateRequest } from '@llmi/core';

/** A file that needs the times of what is said. */
export function isSubtitles(out: string): boolean {
  return /\.(srt|vtt)$/i.test(out);
}

/** The request of speech that is written to such a file asks for the times. */
export function withTimes(request: GenerateRequest, out: string): GenerateRequest {
  return isSubtitles(out) && request.audio !== undefined ? { timestamps: 'segment', ...request } : request;
}
