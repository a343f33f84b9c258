import { LlmiError } from '@llmi/core';
import type { Session } from '../session.js';

interface ServerOptions {
  url?: string;
  apiKey?: string;
}

interface ErrorBody {
  error?: { message?: string; hint?: string };
}

/** Asks a server that runs on this machine or elsewhere. @throws {LlmiError} NOT_FOUND when none answers, and what the server says */
export async function askServer<Reply>(session: Session, path: string, { url, apiKey }: ServerOptions, body?: unknown): Promise<Reply> {
  const { LLMI_URL, LLMI_API_KEY } = session.terminal.env;
  const base = url ?? LLMI_URL ?? 'http://127.0.0.1:8000';
  const key = apiKey ?? LLMI_API_KEY;
  const headers = { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...(key ? { authorization: `Bearer ${key}` } : {}) };
  let reply: Response;
  try {
    reply = await fetch(new URL(path, base.endsWith('/') ? base : `${base}/`), { method: body === undefined ? 'GET' : 'POST', headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (cause) {
    throw new LlmiError('NOT_FOUND', { message: `No server answers at ${base}.`, hint: 'Start one with "llmi serve", or say where it is: --url http://127.0.0.1:8000', cause });
  }
  const answer = (await reply.json().catch(() => ({}))) as Reply & ErrorBody;
  if (reply.ok) return answer;
  throw new LlmiError(reply.status === 401 ? 'UNAUTHORIZED' : 'INPUT_INVALID', {
    message: answer.error?.message ?? `The server answered with status ${reply.status}.`,
    hint: reply.status === 401 ? 'Give its key: --api-key KEY, or LLMI_API_KEY' : answer.error?.hint,
  });
}
