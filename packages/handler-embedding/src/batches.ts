/**
 * Tokens of a batch, padding counted. Measured with MiniLM int8 on two cores: larger batches fall out of the cache and are slower per
 * token, smaller ones pay more per call.
 */
export const batchTokens = 512;

/**
 * Indices of texts in batches of nearly equal length, longest first, so that little padding is computed and the most memory is
 * needed at the start. Each batch has at most `tokenBudget` tokens, padding counted, or a single text.
 */
export function makeBatches(lengths: readonly number[], tokenBudget: number = batchTokens): number[][] {
  const order = lengths.map((_, index) => index).sort((left, right) => lengths[right]! - lengths[left]! || left - right);
  const batches: number[][] = [];
  for (let start = 0; start < order.length; ) {
    const size = Math.max(1, Math.floor(tokenBudget / Math.max(1, lengths[order[start]!]!)));
    batches.push(order.slice(start, start + size));
    start += size;
  }
  return batches;
}
