import { LlmiError, nearest } from '@llmi/core';
import { z } from 'zod';
import { kvCacheTypes } from './kv-cache-types.js';

/** One thing that can be set, and where. */
export interface SettingKey {
  key: string;
  about: string;
  /** What would be valid, in words. */
  valid: string;
  schema: z.ZodType;
  /** Variables that set it, first one first. */
  env: string[];
  /** Name among the command's options, in camelCase as commander gives it. */
  flag?: string;
  fallback?: unknown;
  /** Shown masked. */
  secret?: true;
  /** A project's package.json may not set it: a cloned repository must not redirect downloads or a token, nor hand out a key. */
  personal?: true;
}

const blank = (text: string) => text.trim() === '';
/** Values from flags and variables are text; config.json may hold the number itself. */
const number = (schema: z.ZodType) => z.preprocess((value) => (typeof value === 'string' && !blank(value) ? Number(value) : value), schema);
const switches: Record<string, boolean> = { '1': true, true: true, yes: true, on: true, '0': false, false: false, no: false, off: false };
const boolean = z.preprocess((value) => (typeof value === 'string' ? (switches[value.toLowerCase()] ?? value) : value), z.boolean());
const text = z.string().refine((value) => !blank(value));

const minutesIn: Record<string, number> = { s: 1 / 60, m: 1, h: 60 };
/** `10` (minutes), `90s`, `10m`, `2h`. */
const minutes = z.preprocess((value) => {
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)\s*([smh]?)$/.exec(value.trim()) : null;
  return match ? Number(match[1]) * minutesIn[match[2] || 'm']! : value;
}, z.number().min(0).max(525_600)); // a year

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Every setting but the llmi home, in the order in which `llmi config` shows them. */
export const settingKeys: SettingKey[] = [
  { key: 'host', about: 'address that serve listens at', valid: 'a host name or an address, such as 127.0.0.1', schema: text, env: ['LLMI_HOST'], flag: 'host', fallback: '127.0.0.1' },
  { key: 'port', about: 'port that serve listens at', valid: 'a whole number from 0 (any free port) to 65535', schema: number(z.int().min(0).max(65_535)), env: ['LLMI_PORT'], flag: 'port', fallback: 8000 },
  { key: 'api_key', about: 'key that requests to serve must carry; several with commas', valid: 'text without spaces', schema: z.string().regex(/^\S+$/), env: ['LLMI_API_KEY'], flag: 'apiKey', secret: true, personal: true },
  { key: 'allowed_hosts', about: 'host names that clients may use besides the address, as behind a proxy; with commas', valid: 'host names with commas', schema: text, env: ['LLMI_ALLOWED_HOSTS'], flag: 'allowedHosts', personal: true },
  { key: 'cors_origins', about: 'web pages that may call serve from a browser; with commas', valid: 'origins with commas, such as https://app.example', schema: text, env: ['LLMI_CORS_ORIGINS'], flag: 'corsOrigins', personal: true },
  { key: 'threads', about: 'compute threads of a model', valid: 'a whole number from 1 to 1024', schema: number(z.int().min(1).max(1024)), env: ['LLMI_THREADS'], flag: 'threads' },
  { key: 'context_size', about: 'context length of text models, in tokens', valid: 'a whole number from 64 to 10000000', schema: number(z.int().min(64).max(10_000_000)), env: ['LLMI_CONTEXT_SIZE'], flag: 'contextSize' },
  { key: 'kv_cache_type', about: 'how GGUF text models keep keys and values: q8_0 takes half the memory of f16', valid: kvCacheTypes.join(', '), schema: z.enum(kvCacheTypes), env: ['LLMI_KV_CACHE_TYPE'], flag: 'kvCacheType' },
  { key: 'prompt_lookup', about: 'GGUF text models guess ahead from what prompt and answer said before', valid: 'true or false', schema: boolean, env: ['LLMI_PROMPT_LOOKUP'], flag: 'promptLookup' },
  { key: 'parallel', about: 'requests that one model works on at the same time', valid: 'a whole number from 1 to 256', schema: number(z.int().min(1).max(256)), env: ['LLMI_PARALLEL'], flag: 'parallel', fallback: 4 },
  { key: 'max_queue', about: 'requests that may wait for one model', valid: 'a whole number from 0 to 100000', schema: number(z.int().min(0).max(100_000)), env: ['LLMI_MAX_QUEUE'], flag: 'maxQueue', fallback: 512 },
  { key: 'keep_alive', about: 'minutes after which an idle model is unloaded; 0 keeps it', valid: 'minutes, or a time such as 90s, 10m, 2h', schema: minutes, env: ['LLMI_KEEP_ALIVE'], flag: 'keepAlive', fallback: 5 },
  { key: 'isolation', about: 'where a model runs: a process of its own, or none', valid: 'process or none', schema: z.enum(['process', 'none']), env: ['LLMI_ISOLATION'], fallback: 'process' },
  { key: 'log', about: 'least important messages that are shown', valid: logLevels.join(', '), schema: z.enum(logLevels), env: ['LLMI_LOG'], fallback: 'warn' },
  { key: 'hub.endpoint', about: 'the hub that models come from', valid: 'an http or https address', schema: z.url({ protocol: /^https?$/ }), env: ['HF_ENDPOINT'], fallback: 'https://huggingface.co', personal: true },
  { key: 'hub.token', about: 'access token of the hub', valid: 'text without spaces', schema: z.string().regex(/^\S+$/), env: ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN'], secret: true, personal: true },
  { key: 'hub.cache', about: 'cache of downloaded files, shared with other programs', valid: 'a folder', schema: text, env: ['HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE'], personal: true },
  { key: 'hub.offline', about: 'ask no hub, use what is in the cache', valid: 'true or false', schema: boolean, env: ['HF_HUB_OFFLINE'], flag: 'offline', fallback: false },
  { key: 'hub.proxy', about: 'proxy for the way to the hub', valid: 'an http or https address', schema: z.url({ protocol: /^https?$/ }), env: ['HTTPS_PROXY', 'https_proxy'], secret: true, personal: true },
  { key: 'hub.no_proxy', about: 'hosts that are reached without the proxy', valid: 'host names with commas', schema: z.string(), env: ['NO_PROXY', 'no_proxy'], personal: true },
];

const preferPattern = /^handlers\.prefer\.([a-z0-9][a-z0-9-]{0,99})$/;

/** Which handler settles a tie, by task: one key for each task. */
function preferKey(key: string): SettingKey {
  return { key, about: 'handler that settles a tie for this task', valid: 'the name of a handler or of its package', schema: z.string().regex(/^[@a-z0-9][\w@/.-]*$/i), env: [] };
}

const remotePattern = /^remotes\.([a-z0-9][\w.-]{0,99})$/i;

/** Engines on the network, by the name that their model has here. */
function remoteKey(key: string): SettingKey {
  return { key, about: 'other engine whose models are served here, several of one name with commas', valid: 'http or https addresses with commas', schema: z.string().regex(/^https?:\/\/[^\s@]+$/), env: [], personal: true };
}

const replicasPattern = /^replicas\.\S+$/;

/** Processes of one model, by its name. */
function replicasKey(key: string): SettingKey {
  return { key, about: 'processes that this model runs in at the same time', valid: 'a whole number from 1 to 64', schema: number(z.int().min(1).max(64)), env: [] };
}

const draftPattern = /^drafts\.\S+$/;

/** The smaller model that guesses ahead for one, by its name. */
function draftKey(key: string): SettingKey {
  return { key, about: 'smaller model with the same vocabulary that guesses ahead for this one', valid: 'the name of an installed GGUF model, or the path of a .gguf file', schema: text, env: [] };
}

/** Keys whose last part a person gives. */
const namedKeys: [pattern: RegExp, make: (key: string) => SettingKey][] = [
  [preferPattern, preferKey],
  [remotePattern, remoteKey],
  [replicasPattern, replicasKey],
  [draftPattern, draftKey],
];

/**
 * The key with this name.
 * @throws {LlmiError} CONFIG_INVALID with the nearest one there is
 */
export function settingKey(name: string, source?: string): SettingKey {
  const found = settingKeys.find(({ key }) => key === name) ?? namedKeys.find(([pattern]) => pattern.test(name))?.[1](name);
  if (found) return found;
  const near = nearest(name, settingKeys.map(({ key }) => key));
  throw new LlmiError('CONFIG_INVALID', {
    message: `There is no setting "${name}"${source === undefined ? '' : ` (in ${source})`}.`,
    hint: near ? `Did you mean "${near}"?` : `Settings: ${settingKeys.map(({ key }) => key).join(', ')}, handlers.prefer.<task>, remotes.<name>, replicas.<model>, drafts.<model>.`,
    param: name,
  });
}

/** @throws {LlmiError} CONFIG_INVALID that names the place, the key and what would be valid */
export function parseSetting({ key, schema, valid, secret }: SettingKey, value: unknown, source: string): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new LlmiError('CONFIG_INVALID', {
    message: `Setting "${key}" from ${source} is not valid${secret ? '' : `: ${JSON.stringify(value)}`}.`,
    hint: `Valid: ${valid}.`,
    param: key,
  });
}

/** A secret as it may be shown: enough to tell which one it is. */
export function maskSecret(value: string): string {
  return value.length < 12 ? '****' : `${value.slice(0, 3)}...${value.slice(-2)}`;
}
