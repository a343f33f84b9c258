export { runCli } from './cli.js';
export { load } from './library.js';
export { createEngine, defaultSettings, type Engine, type LoadModelOptions, type Model } from '@llmi/engine';
export { startServer } from '@llmi/server';
export type { Services, Session } from './session.js';
export { resolveSettings, type AppSettings, type ResolvedSettings, type ResolveOptions, type SettingEntry } from './settings/resolve-settings.js';
export type { Surroundings } from './settings/home.js';
export type { Terminal } from './terminal.js';
