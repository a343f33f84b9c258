import { formatBytes } from '@llmi/core/units';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ask, askJson, lines, ServerError } from '../lib/api';
import { attempt, chooseModel, loadModels, modelName, models } from '../lib/state';
import { Problem } from '../parts/problem';

/** What is installed and what is in memory; loads, unloads, installs. */
export function ModelsView({ onChosen }: { onChosen: () => void }) {
  const busy = useSignal<string | undefined>(undefined);
  useEffect(() => {
    attempt(loadModels);
    const timer = setInterval(() => attempt(loadModels), 5000);
    return () => clearInterval(timer);
  }, []);
  const change = (name: string, path: 'models/load' | 'models/unload') =>
    attempt(async () => {
      busy.value = name;
      try {
        await askJson(path, { method: 'POST', body: { model: name } });
      } finally {
        busy.value = undefined;
      }
      await loadModels();
    });
  const most = Math.max(1, ...models.value.map(({ memory_bytes: memory }) => memory ?? 0));
  return (
    <main class="panel">
      <h2>Models</h2>
      <div class="scroll">
        <table class="models">
          <thead>
            <tr>
              <th scope="col">Model</th>
              <th scope="col">Does</th>
              <th scope="col">Disk</th>
              <th scope="col">Memory</th>
              <th scope="col">
                <span class="hidden">What to do</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {models.value.map(({ name, task, size_bytes: size, loaded, memory_bytes: memory }) => (
                <tr key={name} aria-current={name === modelName.value ? 'true' : undefined}>
                  <th scope="row">{name}</th>
                  <td>{task ?? ''}</td>
                  <td>{formatBytes(size)}</td>
                  <td>{typeof memory !== 'number' ? '' : <meter max={most} value={memory} title={formatBytes(memory)}>{formatBytes(memory)}</meter>}</td>
                  <td class="bar">
                    <button type="button" onClick={() => attempt(async () => (await chooseModel(name), onChosen()))}>
                      Use
                    </button>
                    <button type="button" disabled={busy.value !== undefined} onClick={() => change(name, loaded ? 'models/unload' : 'models/load')}>
                      {busy.value === name ? 'Working …' : loaded ? 'Unload' : 'Load'}
                    </button>
                  </td>
                </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Install onDone={() => attempt(loadModels)} />
    </main>
  );
}

interface PullLine {
  status?: string;
  completed?: number;
  total?: number;
  error?: string;
}

function Install({ onDone }: { onDone: () => void }) {
  const wanted = useSignal('');
  const progress = useSignal<PullLine | undefined>(undefined);
  const error = useSignal<Error | undefined>(undefined);
  const install = async () => {
    error.value = undefined;
    progress.value = { status: 'Looking at it' };
    try {
      const reply = await ask('api/pull', { method: 'POST', body: { model: wanted.value.trim() } });
      for await (const line of lines(reply)) {
        const state = JSON.parse(line) as PullLine;
        if (state.error !== undefined) throw new ServerError(state.error);
        progress.value = state;
      }
      wanted.value = '';
      onDone();
    } catch (problem) {
      error.value = problem as Error;
    } finally {
      progress.value = undefined;
    }
  };
  const { status, completed, total } = progress.value ?? {};
  return (
    <form class="install" onSubmit={(event) => (event.preventDefault(), void install())}>
      <label>
        <span>Install from the hub</span>
        <input placeholder="Qwen/Qwen3-0.6B-GGUF:Q8_0" value={wanted.value} required onInput={({ currentTarget }) => (wanted.value = currentTarget.value)} />
      </label>
      <button class="main" disabled={progress.value !== undefined}>
        Install
      </button>
      {status !== undefined && (
        <span class="status" role="status">
          {status} {total ? `${formatBytes(completed ?? 0)} of ${formatBytes(total)}` : ''}
        </span>
      )}
      {total ? <progress max={total} value={completed ?? 0} aria-label="Download" /> : null}
      <Problem error={error.value} />
    </form>
  );
}
