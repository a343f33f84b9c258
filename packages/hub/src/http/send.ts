import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { ResponseBody } from './response-body.js';

export type Headers = Record<string, string | undefined>;

export interface Answer {
  status: number;
  headers: Headers;
  body: ResponseBody;
}

/**
 * One GET over undici's dispatcher, whose plain callbacks cost a third of its stream interface.
 * Rejects with what undici gives for a lost connection, and with the signal's reason.
 */
export function send(
  dispatcher: Dispatcher,
  url: URL,
  { headers, timeoutMs, signal }: { headers: Record<string, string>; timeoutMs: number; signal?: AbortSignal },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let body: ResponseBody | undefined;
    let controller: Dispatcher.DispatchController | undefined;
    const stop = () => {
      reject(signal!.reason as Error); // also while the request still waits for a connection
      controller?.abort(signal!.reason as Error);
    };
    if (signal?.aborted) return stop();
    signal?.addEventListener('abort', stop, { once: true });
    dispatcher.dispatch(
      { origin: url.origin, path: url.pathname + url.search, method: 'GET', headers, headersTimeout: timeoutMs, bodyTimeout: timeoutMs },
      {
        onRequestStart(started) {
          controller = started;
          if (signal?.aborted) started.abort(signal.reason as Error);
        },
        onResponseStart(started, status, received) {
          if (status < 200) return; // early hints
          body = new ResponseBody(started);
          resolve({ status, headers: plain(received), body });
        },
        onResponseData: (_, chunk) => body?.push(chunk),
        onResponseEnd() {
          signal?.removeEventListener('abort', stop);
          body?.end();
        },
        onResponseError(_, error) {
          signal?.removeEventListener('abort', stop);
          reject(error);
          body?.fail(error);
        },
      },
    );
  });
}

function plain(headers: IncomingHttpHeaders): Headers {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value]));
}
