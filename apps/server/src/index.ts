export { jsonLog } from './observe/json-log.js';
export type { ServerOptions } from './options.js';
export type { AccessRules } from './security/access.js';
export { apiKeySchema, scopes, type ApiKey, type Scope } from './security/api-keys.js';
export { buildServer } from './server.js';
export { startServer, type RunningServer } from './start-server.js';
