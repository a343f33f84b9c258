// Loads one model, answers requests at the same time and tells the most memory that was resident meanwhile.
import { readFileSync } from 'node:fs';

process.once('message', async ({ handler, model, path, options, warmup, requests }) => {
  const { default: definition } = await import(handler);
  const loaded = await definition.create(model).loadModel(path, options);
  if (warmup) await answer(loaded, warmup);
  const answers = await Promise.all(requests.map((request) => answer(loaded, request)));
  process.send({ peakBytes: peakBytes(), answers });
  await loaded[Symbol.asyncDispose]();
  process.disconnect();
});

async function answer(loaded, request) {
  const start = performance.now();
  let firstMs;
  for await (const event of loaded.generate(request)) {
    firstMs ??= performance.now() - start;
    if (event.type === 'done') return { usage: event.result.usage, firstMs, totalMs: performance.now() - start };
  }
  throw new Error('no done event');
}

/** On Linux the kernel's high-water mark, elsewhere what getrusage says. */
function peakBytes() {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
}
