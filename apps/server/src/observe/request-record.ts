import type { ServerResponse } from 'node:http';
import { Noted } from './noted.js';
import { traceFields, type RequestTrace } from './tracing.js';

/** What becomes known of a request while it is answered: for its log entry and its Server-Timing header. */
export interface RequestRecord {
  model?: string;
  /** Who asks, in no words that tell: the digest of a key, else an address. Those of one model take turns. */
  client?: string;
  /** Whoever has a lower one waits longer; 0 unless said. */
  priority?: number;
  /** Work for it ends when this is aborted, as it does when the client goes away. */
  until?: AbortSignal;
  /** Milliseconds: `queue`, `load`, `first_token`, `total`, and the stages of the handler. */
  timing: Record<string, number>;
  usage?: { promptTokens: number; completionTokens: number };
  errorCode?: string;
  trace?: RequestTrace;
}

const ofResponse = new Noted<ServerResponse, RequestRecord>();
const ofSignal = new Noted<AbortSignal, RequestRecord>();

export function recordOf(response: ServerResponse): RequestRecord {
  const known = ofResponse.of(response);
  if (known) return known;
  const record: RequestRecord = { timing: {} };
  ofResponse.set(response, record);
  return record;
}

/** Work under this signal is told of in this record. */
export function follow(signal: AbortSignal, record: RequestRecord | undefined): void {
  if (record) ofSignal.set(signal, record);
}

export function recordBySignal(signal: AbortSignal | undefined): RequestRecord | undefined {
  return signal && ofSignal.of(signal);
}

/** The header that browsers and proxies show. Source: https://www.w3.org/TR/server-timing/ */
export function serverTiming({ timing }: RequestRecord): string | undefined {
  const stages = Object.entries(timing).map(([stage, milliseconds]) => `${stage.replace(/[^\w-]/g, '_')};dur=${Math.round(milliseconds * 10) / 10}`);
  return stages.length > 0 ? stages.join(', ') : undefined;
}

export function logFields({ model, timing, usage, errorCode, trace }: RequestRecord): Record<string, unknown> {
  const rounded = Object.fromEntries(Object.entries(timing).map(([stage, milliseconds]) => [stage, Math.round(milliseconds * 10) / 10]));
  return {
    ...(model === undefined ? {} : { model }),
    ...(Object.keys(rounded).length > 0 ? { timing: rounded } : {}),
    ...(usage ? { prompt_tokens: usage.promptTokens, completion_tokens: usage.completionTokens } : {}),
    ...(errorCode === undefined ? {} : { code: errorCode }),
    ...traceFields(trace),
  };
}
