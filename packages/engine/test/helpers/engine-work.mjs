// One piece of work of an engine, in a process that a test can kill: node engine-work.mjs SETTINGS METHOD ARGUMENTS
import { createEngine } from '../../dist/index.js';

const [settings, method, ...args] = process.argv.slice(2).map((text) => JSON.parse(text));
const engine = createEngine(settings);
await engine.registry();
process.stdout.write('begun\n');
await engine[method](...args);
await engine[Symbol.asyncDispose]();
