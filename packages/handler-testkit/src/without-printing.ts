/** Runs `work` and returns what it wrote with `console`, which is not printed. */
export async function withoutPrinting(work: () => Promise<void>): Promise<string[]> {
  const printed: string[] = [];
  const methods = ['log', 'info', 'warn', 'error', 'debug'] as const;
  const originals = methods.map((method) => globalThis.console[method]);
  for (const method of methods) globalThis.console[method] = (...values: unknown[]) => void printed.push(values.map(String).join(' '));
  try {
    await work();
  } finally {
    for (const [index, method] of methods.entries()) globalThis.console[method] = originals[index]!;
  }
  return printed;
}
