import { ServerError } from '../lib/api';

/** What went wrong, and what to do about it. */
export function Problem({ error }: { error: Error | undefined }) {
  if (!error) return null;
  return (
    <p class="problem" role="alert">
      {error.message}
      {error instanceof ServerError && error.hint !== undefined && <span class="hint"> {error.hint}</span>}
    </p>
  );
}
