import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { mediaUrl } from '../lib/files';
import { Run } from '../lib/run';
import { parametersFor } from '../parts/parameters';
import { RunBar } from '../parts/run-bar';
import { Waveform } from '../parts/waveform';
import { Layout } from './layout';

/** Speech or sound from a text. */
export function SpeechView() {
  const text = useSignal('The quick brown fox jumps over the lazy dog.');
  const sounds = useSignal<{ url: string; text: string }[]>([]);
  const run = useMemo(() => new Run(), []);
  const body = { prompt: text.value, ...parametersFor('speech') };
  const speak = async () => {
    const answer = await run.start(body);
    if (typeof answer?.['audio'] !== 'string') return;
    const { format } = (answer['metadata'] ?? {}) as { format?: string };
    sounds.value = [{ url: mediaUrl(answer['audio'], `audio/${(format ?? 'wav').toLowerCase()}`), text: text.value }, ...sounds.value];
  };
  return (
    <Layout view="speech" body={body}>
      <div class="panel">
        <label>
          <span>What to say</span>
          <textarea rows={4} value={text.value} onInput={({ currentTarget }) => (text.value = currentTarget.value)} />
        </label>
        <RunBar run={run} label="Speak" disabled={text.value.trim() === ''} onStart={() => void speak()} />
        {sounds.value.map(({ url, text: said }) => (
          <figure key={url}>
            <Waveform url={url} />
            <audio src={url} controls />
            <figcaption>{said}</figcaption>
          </figure>
        ))}
      </div>
    </Layout>
  );
}
