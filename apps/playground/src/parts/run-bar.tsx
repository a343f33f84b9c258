import type { ComponentChildren } from 'preact';
import { summaryOf } from '../lib/format';
import type { Run } from '../lib/run';
import { Problem } from './problem';

/** The button that starts a request or stops it, its progress, and what it came to. */
export function RunBar({ run, label, disabled, onStart, children }: { run: Run; label: string; disabled?: boolean; onStart: () => void; children?: ComponentChildren }) {
  const progress = run.progress.value;
  const isRunning = run.isRunning.value;
  return (
    <>
      <div class="bar">
        {isRunning ? (
          <button type="button" onClick={() => run.stop()}>
            Stop
          </button>
        ) : (
          <button type="button" class="main" disabled={disabled} onClick={onStart}>
            {label}
          </button>
        )}
        {children}
        <span class="status" role="status">
          {isRunning ? (progress ? `${progress.stage}: ${progress.step} of ${progress.steps}` : 'Working …') : run.answer.value && summaryOf(run.answer.value)}
        </span>
      </div>
      {isRunning && progress && <progress max={progress.steps} value={progress.step} aria-label={progress.stage} />}
      <Problem error={run.error.value} />
    </>
  );
}
