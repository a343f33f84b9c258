import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { Run } from '../lib/run';
import { parametersFor } from '../parts/parameters';
import { Problem } from '../parts/problem';
import { RunBar } from '../parts/run-bar';
import { Layout } from './layout';

/** A model of a kind that has no view of its own: its request as JSON, its answer as JSON. */
export function OtherView() {
  const text = useSignal('{\n  "prompt": ""\n}');
  const run = useMemo(() => new Run(), []);
  const { body, error } = parsed(text.value);
  const request = { ...body, ...parametersFor('other') };
  return (
    <Layout view="other" body={request}>
      <div class="panel">
        <label>
          <span>Request</span>
          <textarea class="code" rows={8} spellcheck={false} value={text.value} onInput={({ currentTarget }) => (text.value = currentTarget.value)} />
        </label>
        <Problem error={error} />
        <RunBar run={run} label="Ask" disabled={error !== undefined} onStart={() => void run.start(request)} />
        {run.answer.value && (
          <pre>
            <code>{JSON.stringify(run.answer.value, (_key, value) => shortened(value), 2)}</code>
          </pre>
        )}
      </div>
    </Layout>
  );
}

function parsed(text: string): { body: Record<string, unknown>; error?: Error } {
  try {
    return { body: JSON.parse(text) as Record<string, unknown> };
  } catch (error) {
    return { body: {}, error: error as Error };
  }
}

/** Long rows of numbers and base64 for the eye. */
function shortened(value: unknown): unknown {
  if (typeof value === 'string' && value.length > 400) return `${value.slice(0, 80)}... (${value.length} characters)`;
  if (!Array.isArray(value) || value.length <= 16 || typeof value[0] !== 'number') return value;
  return `[${value.slice(0, 8).join(', ')}, ... ${value.length} numbers]`;
}
