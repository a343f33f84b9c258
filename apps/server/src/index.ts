export { jsonLog } from './observe/json-log.js';
export type { ServerOptions } from './options.js';
export { buildServer } from './server.js';
export { startServer, type RunningServer } from './start-server.js';
