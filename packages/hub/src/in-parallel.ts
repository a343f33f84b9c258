/**
 * Results of `work` for each item, in order, at most `limit` at a time. After the first failure the others' signal is aborted, and
 * the failure is thrown when all have ended: nothing goes on behind the caller's back.
 */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result[]> {
  const results: Result[] = new Array<Result>(items.length);
  const stop = new AbortController();
  const both = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  let [next, failed, failure] = [0, false, undefined as unknown];
  const worker = async () => {
    while (next < items.length && !both.aborted) {
      const index = next++;
      try {
        results[index] = await work(items[index]!, both);
      } catch (error) {
        if (!failed) [failed, failure] = [true, error];
        stop.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  signal?.throwIfAborted();
  if (failed) throw failure;
  return results;
}
