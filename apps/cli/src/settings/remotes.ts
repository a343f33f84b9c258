import { LlmiError } from '@llmi/core';
import type { RemoteEngine } from '@llmi/engine';
import type { Surroundings } from './home.js';

/**
 * Engines on the network: those of the configuration (`remotes.<name>`, addresses with commas), and those of `--remote name=URL`,
 * which replace what the configuration has of that name.
 * @throws {LlmiError} CONFIG_INVALID
 */
export function resolveRemotes(configured: ReadonlyMap<string, string>, flags: readonly string[], { env }: Surroundings): RemoteEngine[] {
  const given = flags.map((flag) => {
    const [name, address] = flag.split(/=(.*)/s, 2) as [string, string | undefined];
    if (address) return { name, address };
    throw new LlmiError('CONFIG_INVALID', { message: `"${flag}" is no remote engine.`, hint: 'Write --remote name=URL: --remote big=http://10.0.0.5:8000', param: 'remote' });
  });
  const named = new Set(given.map(({ name }) => name));
  const kept = [...configured].filter(([name]) => !named.has(name)).flatMap(([name, addresses]) => addresses.split(',').map((address) => ({ name, address: address.trim() })));
  return [...kept, ...given].map(({ name, address }) => parseRemote(name, address, env[remoteKeyVariable(name)] || undefined));
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/**
 * Reads `http://host:8000#weight=2&model=llama&task=text-generation&timeout=60`: the part behind # is for llmi and never sent.
 * @throws {LlmiError} CONFIG_INVALID
 */
function parseRemote(name: string, address: string, apiKey?: string): RemoteEngine {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!namePattern.test(name)) throw invalid(name, `"${name}" is no name for a remote engine.`, 'Use letters, digits, ".", "_" and "-".');
  if (!url || !['http:', 'https:'].includes(url.protocol)) throw invalid(name, `The address of "${name}" is no http or https address.`, `Write ${name}=http://10.0.0.5:8000`);
  if (url.username !== '' || url.password !== '') throw invalid(name, `The address of "${name}" has a password in it.`, `Give the key in the variable ${remoteKeyVariable(name)}.`);
  const settings = new URLSearchParams(url.hash.slice(1));
  const unknown = [...settings.keys()].find((key) => !['weight', 'model', 'task', 'timeout'].includes(key));
  if (unknown !== undefined) throw invalid(name, `A remote engine has no setting "${unknown}".`, 'Behind # there can be weight, model, task and timeout: http://10.0.0.5:8000#weight=2&model=llama');
  url.hash = '';
  url.search = '';
  return {
    name,
    url: url.href.replace(/\/+$/, ''),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...positive(name, settings, 'weight'),
    ...(settings.has('model') ? { model: settings.get('model')! } : {}),
    ...(settings.has('task') ? { task: settings.get('task')! } : {}),
    ...(settings.has('timeout') ? { timeoutSeconds: positive(name, settings, 'timeout').timeout! } : {}),
  };
}

/** Variable with the key of a remote engine: LLMI_REMOTE_KEY_BIG_BOX of `big-box`. */
function remoteKeyVariable(name: string): string {
  return `LLMI_REMOTE_KEY_${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;
}

function positive<Key extends string>(name: string, settings: URLSearchParams, key: Key): { [key in Key]?: number } {
  const text = settings.get(key);
  if (text === null) return {};
  const value = Number(text);
  if (!(value > 0) || value > 1e6) throw invalid(name, `The ${key} of "${name}" is "${text}".`, 'Give a number above 0.');
  return { [key]: value } as { [key in Key]?: number };
}

function invalid(param: string, message: string, hint: string): LlmiError {
  return new LlmiError('CONFIG_INVALID', { message, hint, param: `remotes.${param}` });
}
