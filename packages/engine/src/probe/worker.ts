import { parentPort, workerData } from 'node:worker_threads';
import { measureCore } from './measure-core.js';

/** A thread that measures one core when it is told to, so that several measure at the same time. */
const { bufferBytes } = workerData as { bufferBytes: number };
parentPort!.once('message', () => parentPort!.postMessage(measureCore(bufferBytes)));
parentPort!.postMessage('ready');
