/** The names of a model's classes, by number. Those without one are called LABEL_0, LABEL_1 ..., as in Python. */
export function labelNames(config: Record<string, unknown>): (index: number) => string {
  const names = new Map(Object.entries((config.id2label ?? {}) as Record<string, unknown>).map(([id, name]) => [Number(id), String(name)]));
  return (index) => names.get(index) ?? `LABEL_${index}`;
}
