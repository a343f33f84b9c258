import { LlmiError } from '@llmi/core';
import type { HubAnswer } from './hub-client.js';

interface ErrorContext {
  /** What was asked for: `org/name`, or `org/name at dev`, or `file config.json of org/name`. */
  about: string;
  text: string; // body
  endpoint: URL;
  hasToken: boolean;
}

/** The model an address is about: `/org/name/resolve/...`, `/api/models/org/name/...`. */
function modelOf(url: URL): string {
  const parts = decodeURIComponent(url.pathname).split('/').filter((part) => part !== '');
  const rest = parts[0] === 'api' ? parts.slice(parts[1] === 'resolve-cache' ? 3 : 2) : parts;
  return rest.slice(0, 2).join('/');
}

/** The hub's own sentence, without markup and of a sensible length. */
function ownWords(answer: HubAnswer, text: string): string {
  let message = answer.headers['x-error-message'];
  if (message === undefined) {
    try {
      message = String((JSON.parse(text) as { error?: unknown }).error ?? '');
    } catch {
      message = '';
    }
  }
  return message.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 300).trim();
}

/**
 * What an unwelcome status means to a person.
 *
 * The hub answers 401 also for repositories that do not exist, to hide private ones, and says what it meant in X-Error-Code.
 * Source of the codes: https://huggingface.co/docs/huggingface_hub/package_reference/utilities#handle-http-errors
 */
export function hubError(answer: HubAnswer, { about, text, endpoint, hasToken }: ErrorContext): LlmiError {
  const { status, url } = answer;
  const code = answer.headers['x-error-code'];
  const model = modelOf(url);
  const page = `${endpoint.href.replace(/\/+$/, '')}/${model}`;
  const said = ownWords(answer, text);
  if (code === 'GatedRepo' && !hasToken) {
    return new LlmiError('HUB_AUTH_REQUIRED', {
      message: `${model} is gated: its licence must be accepted by a logged-in user.`,
      hint: `1. Accept the licence at ${page}. 2. Make a token at ${endpoint.origin}/settings/tokens and set HF_TOKEN to it`,
    });
  }
  if (code === 'GatedRepo') {
    const waiting = /await/i.test(said);
    return new LlmiError('HUB_LICENSE_REQUIRED', {
      message: waiting ? `The owners of ${model} have not yet answered your request for access.` : `${model} is gated, and your account has no access to it.`,
      hint: waiting ? `See the state of the request at ${page}.` : `Accept the licence at ${page}, then run the same command again.`,
    });
  }
  if (code === 'RevisionNotFound') {
    return new LlmiError('MODEL_NOT_FOUND', {
      message: `${about} does not exist: the repository has no such revision.`,
      hint: `See its branches and tags at ${page}/tree/main; if the repository was changed just now, run the command again.`,
    });
  }
  if (code === 'EntryNotFound') {
    return new LlmiError('MODEL_FILE_MISSING', {
      message: `${about} does not exist at this revision.`,
      hint: `See the files at ${page}/tree/main.`,
    });
  }
  if (code === 'RepoNotFound' || status === 404 || (status === 401 && !hasToken)) {
    return new LlmiError('MODEL_NOT_FOUND', {
      message: `${endpoint.host} has no model ${about}.`,
      hint: `Check the spelling. ${hasToken ? 'A private model needs a token of an account that may see it.' : 'If it is private, set HF_TOKEN to a token that may see it.'}`,
    });
  }
  if (status === 401) {
    return new LlmiError('HUB_AUTH_REQUIRED', {
      message: `${endpoint.host} does not accept the token.`,
      hint: `Make a new one at ${endpoint.origin}/settings/tokens and set HF_TOKEN to it; a public model needs none.`,
    });
  }
  if (status === 403) {
    return new LlmiError('HUB_REFUSED', {
      message: `${url.host} refuses ${about}${said === '' ? '' : `: ${said}`}.`,
      hint: `See ${page}, and check what the token may do.`,
    });
  }
  return new LlmiError('HUB_REFUSED', {
    message: `${url.host} answered with status ${status} for ${about}${said === '' ? '' : `: ${said}`}.`,
    hint: 'Check the endpoint (HF_ENDPOINT) and the proxy, and try again.',
  });
}
