import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expandPath, type Surroundings } from './home.js';

/**
 * Folder of Hugging Face's own files, as its Python library finds it.
 * Source: https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
 */
export function huggingFaceHome(surroundings: Surroundings): string {
  const { env, homeDirectory } = surroundings;
  if (env.HF_HOME) return expandPath(env.HF_HOME, surroundings);
  return env.XDG_CACHE_HOME ? join(expandPath(env.XDG_CACHE_HOME, surroundings), 'huggingface') : join(homeDirectory, '.cache', 'huggingface');
}

/** Where the token of the hub is kept, for all tools of Hugging Face. */
export function tokenFile(surroundings: Surroundings): string {
  const { HF_TOKEN_PATH } = surroundings.env;
  return HF_TOKEN_PATH ? expandPath(HF_TOKEN_PATH, surroundings) : join(huggingFaceHome(surroundings), 'token');
}

/** The token that a login (ours, or `hf auth login`) left behind, and the file it is in. */
export function storedToken(surroundings: Surroundings): { token: string; file: string } | undefined {
  const file = tokenFile(surroundings);
  try {
    const token = readFileSync(file, 'utf8').trim();
    return token === '' ? undefined : { token, file };
  } catch {
    return undefined; // not logged in
  }
}

/** True when `NO_PROXY` names the host: itself, a domain it is in, or `*`. */
export function isProxyBypassed(endpoint: string, noProxy: string): boolean {
  const { hostname, port } = new URL(endpoint);
  return noProxy.split(/[\s,]+/).some((entry) => {
    const [, name = '', entryPort] = /^\*?\.?(.*?)(?::(\d+))?$/.exec(entry) ?? [];
    if (entry === '') return false;
    if (entry === '*') return true;
    if (entryPort !== undefined && entryPort !== port) return false;
    return hostname === name || hostname.endsWith(`.${name}`);
  });
}
