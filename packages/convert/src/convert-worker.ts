import { parentPort } from 'node:worker_threads';
import { convertChunk, typeBytes } from './quantize/quantize.js';
import { sourceBytes } from './quantize/widen.js';
import type { ChunkJob } from './write/chunk-converter.js';

/** Converts one piece after the other in memory that is shared with the main thread. */
let scratch = new Float32Array();

parentPort!.on('message', ({ input, output, bytes, from, to }: ChunkJob) => {
  const elements = bytes / sourceBytes[from];
  if (scratch.length < elements) scratch = new Float32Array(elements);
  convertChunk(new Uint8Array(input, 0, bytes), from, to, new Uint8Array(output, 0, typeBytes(to, elements)), scratch);
  parentPort!.postMessage('done');
});
