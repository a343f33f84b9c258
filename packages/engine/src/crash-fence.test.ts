import { LlmiError } from '@llmi/core';
import { expect, it } from 'vitest';
import { CrashFence } from './crash-fence.js';

const reason = new LlmiError('RUNNER_CRASHED', { message: 'It was ended by SIGSEGV.' });
const never = new AbortController().signal;

it('lets the first restart begin at once, then waits, then leaves the model alone, ever longer', async () => {
  let now = 0;
  const fence = new CrashFence(() => now);
  await fence.pass('a', 'model', never);
  fence.crashed('a', reason);
  await fence.pass('a', 'model', never);
  fence.crashed('a', reason);
  const waiting = fence.pass('a', 'model', AbortSignal.timeout(10));
  await expect(waiting).rejects.toThrow(); // it would have waited half a second
  for (let strike = 3; strike <= 5; strike++) fence.crashed('a', reason);
  await expect(fence.pass('a', 'model', never)).rejects.toMatchObject({ code: 'RUNNER_CRASHED', message: expect.stringMatching(/model crashed 5 times .* 30 seconds.*SIGSEGV/) as unknown });
  await fence.pass('b', 'other', never);
  now = 30_001;
  await fence.pass('a', 'model', never);
  fence.crashed('a', reason);
  await expect(fence.pass('a', 'model', never)).rejects.toThrow(/60 seconds/);
});

it('forgets everything with one answer', async () => {
  const fence = new CrashFence(() => 0);
  for (let strike = 0; strike < 9; strike++) fence.crashed('a', reason);
  fence.clear('a');
  await fence.pass('a', 'model', never);
  fence.crashed('a', reason);
  await fence.pass('a', 'model', never);
});

it('does not leave a model alone for longer because others ask for it meanwhile', async () => {
  let now = 0;
  const fence = new CrashFence(() => now);
  for (let strike = 0; strike < 5; strike++) fence.crashed('a', reason);
  const refusal: unknown = await fence.pass('a', 'model', never).catch((error: unknown) => error);
  fence.crashed('a', refusal as LlmiError);
  now = 30_001;
  await fence.pass('a', 'model', never);
});
