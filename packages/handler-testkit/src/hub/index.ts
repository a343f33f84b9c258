export type { Fault, FaultRule, HubRequest, Spoiling } from './faults.js';
export { LoopbackHub } from './loopback-hub.js';
export { gitSha1, sha256, type HubRepository } from './repository.js';
