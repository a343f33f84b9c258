import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/**
 * Loads `model` from `path` in a new process, as a runner does, and sends it `requests` at the same time, after `warmup` if there is one.
 * @returns the most memory that was resident in it, and of each request its usage and the times of its first and last event
 */
export async function runModel(handler, order) {
  const child = fork(fileURLToPath(new URL('one-model.mjs', import.meta.url)), [], { env: { ...process.env, UV_THREADPOOL_SIZE: '1' } });
  child.send({ handler, ...order });
  const failed = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the process of the model ended with ${code}`)));
  const [answer] = await Promise.race([once(child, 'message'), failed]);
  failed.catch(() => {}); // it ends now
  return answer;
}
