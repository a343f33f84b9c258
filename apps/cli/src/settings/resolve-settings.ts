import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { LogEntry, Settings } from '@llmi/engine';
import { resolveByModel } from './by-model.js';
import { configPath, flatten, readJsonObject } from './config-file.js';
import { expandPath, llmiHome, type Surroundings } from './home.js';
import { huggingFaceHome, isProxyBypassed, storedToken } from './hub-environment.js';
import { maskSecret, parseSetting, settingKey, settingKeys, type LogLevel, type SettingKey } from './keys.js';
import { findProject, readProjectSettings } from './project.js';
import { resolveRemotes } from './remotes.js';

/** One setting as it counts, and who said so. Secrets are masked: entries are for showing. */
export interface SettingEntry {
  key: string;
  value: unknown;
  /** `--port`, `LLMI_PORT`, the path of a file, or `default`. */
  source: string;
}

/** What the engine does not need to know: how to serve, and what to show. */
export interface AppSettings {
  host: string;
  port: number;
  apiKeys: string[];
  allowedHosts: string[];
  corsOrigins: string[];
  logLevel: LogLevel;
}

export interface ResolveOptions extends Surroundings {
  /** Options of the command, by the names in `settingKeys`, and `home`. */
  flags?: Record<string, unknown>;
  /** Folder of the llmi package: its dependencies are handlers that come along. */
  installationDir?: string;
  log?: (entry: LogEntry) => void;
}

export interface ResolvedSettings {
  settings: Settings;
  app: AppSettings;
  entries: SettingEntry[];
}

interface Found {
  value: unknown;
  source: string;
}

/**
 * What counts: flags, then variables, then the project's package.json, then the llmi home's config.json, then the defaults.
 * @throws {LlmiError} CONFIG_INVALID
 */
export function resolveSettings(options: ResolveOptions): ResolvedSettings {
  const flags = options.flags ?? {};
  const home = llmiHome(options, flags.home as string | undefined);
  const projectDir = findProject(options.cwd);
  const found = collect(options, flags, home.folder, projectDir);
  const value = <Value>(key: string) => found.get(key)?.value as Value;
  const endpoint = value<string>('hub.endpoint').replace(/\/+$/, '');
  const settings: Settings = {
    home: home.folder,
    hub: {
      endpoint,
      token: value('hub.token'),
      cacheDir: expandPath(value('hub.cache'), options),
      offline: value('hub.offline'),
      proxy: isProxyBypassed(endpoint, value<string | undefined>('hub.no_proxy') ?? '') ? undefined : value('hub.proxy'),
    },
    projectDir: projectDir ?? options.cwd, // handlers may lie in node_modules without a package.json beside it
    installationDir: options.installationDir === undefined ? undefined : realpathSync(options.installationDir),
    preferHandlers: Object.fromEntries(namedBelow(found, 'handlers.prefer.')),
    remotes: resolveRemotes(namedBelow(found, 'remotes.'), (flags.remote as string[] | undefined) ?? [], options),
    replicas: resolveByModel('replicas', namedBelow<number>(found, 'replicas.'), flags),
    drafts: resolveByModel('drafts', namedBelow(found, 'drafts.'), flags),
    isolation: value('isolation'),
    threads: value('threads'),
    contextSize: value('context_size'),
    kvCacheType: value('kv_cache_type'),
    promptLookup: value('prompt_lookup'),
    parallel: value('parallel'),
    maxQueue: value('max_queue'),
    keepAliveMinutes: value('keep_alive'),
    log: options.log,
  };
  const listed = (key: string) => (value<string | undefined>(key) ?? '').split(',').map((item) => item.trim()).filter((item) => item !== '');
  const app: AppSettings = {
    host: value('host'),
    port: value('port'),
    apiKeys: listed('api_key'),
    allowedHosts: listed('allowed_hosts'),
    corsOrigins: listed('cors_origins'),
    logLevel: value('log'),
  };
  return { settings, app, entries: [{ key: 'home', value: home.folder, source: home.source }, ...entriesOf(found)] };
}

/** Every setting that has a value, the strongest source first. */
function collect(options: ResolveOptions, flags: Record<string, unknown>, home: string, projectDir: string | undefined): Map<string, Found> {
  const found = new Map<string, Found>();
  const take = (key: SettingKey, value: unknown, source: string) => {
    const parsed = parseSetting(key, value, source); // a weaker source is checked all the same
    if (!found.has(key.key)) found.set(key.key, { value: parsed, source });
  };
  for (const key of settingKeys) {
    if (key.flag !== undefined && flags[key.flag] !== undefined) take(key, flags[key.flag], `--${key.flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
    const name = variablesOf(key, options).find((variable) => options.env[variable]);
    if (name !== undefined) take(key, options.env[name], name);
  }
  const project = projectDir === undefined ? undefined : readProjectSettings(projectDir);
  for (const { key, value } of project?.values ?? []) take(settingKey(key, project!.file), value, project!.file);
  const file = configPath(home);
  for (const { key, value } of flatten(readJsonObject(file) ?? {})) take(settingKey(key, file), value, file);
  const stored = storedToken(options);
  if (stored && !found.has('hub.token')) found.set('hub.token', { value: stored.token, source: stored.file });
  if (!found.has('hub.cache')) found.set('hub.cache', { value: join(huggingFaceHome(options), 'hub'), source: options.env.HF_HOME ? 'HF_HOME' : 'default' });
  for (const { key, fallback } of settingKeys) if (fallback !== undefined && !found.has(key)) found.set(key, { value: fallback, source: 'default' });
  return found;
}

/** A hub without TLS, a mirror in one's own network, is reached through HTTP_PROXY, as everywhere. */
function variablesOf({ key, env }: SettingKey, options: ResolveOptions): string[] {
  const isPlain = options.env.HF_ENDPOINT?.startsWith('http:') ?? false;
  return key === 'hub.proxy' && isPlain ? ['HTTP_PROXY', 'http_proxy'] : env;
}

/** The settings whose names a person gives: `handlers.prefer.<task>`, `remotes.<name>`, `replicas.<model>`, `drafts.<model>`. */
function namedBelow<Value = string>(found: Map<string, Found>, prefix: string): Map<string, Value> {
  return new Map([...found].filter(([key]) => key.startsWith(prefix)).map(([key, { value }]) => [key.slice(prefix.length), value as Value]));
}

/** In the order of `settingKeys`, then those whose names a person gave. */
function entriesOf(found: Map<string, Found>): SettingEntry[] {
  const keys = [...settingKeys.map(({ key }) => key), ...[...found.keys()].filter((key) => /^(handlers\.prefer|remotes|replicas|drafts)\./.test(key)).sort()];
  return keys.flatMap((key) => {
    const entry = found.get(key);
    if (!entry) return [];
    return [{ key, value: settingKey(key).secret ? maskSecret(String(entry.value)) : entry.value, source: entry.source }];
  });
}
