import { useSignal } from '@preact/signals';
import { useMemo, useRef } from 'preact/hooks';
import { dataUrl, save } from '../lib/files';
import { formatTime } from '../lib/format';
import { Recorder } from '../lib/recorder';
import { Run } from '../lib/run';
import { FileInput } from '../parts/file-input';
import { parametersFor } from '../parts/parameters';
import { Problem } from '../parts/problem';
import { RunBar } from '../parts/run-bar';
import { Waveform } from '../parts/waveform';
import { Layout } from './layout';

interface Segment {
  start: number;
  end: number;
  text: string;
}

/** Speech, from a file or the microphone, written down; a click on a part plays it. */
export function TranscriptionView() {
  const sound = useSignal<string | undefined>(undefined);
  const segments = useSignal<Segment[]>([]);
  const text = useSignal('');
  const run = useMemo(() => new Run(), []);
  const recorder = useMemo(() => new Recorder(), []);
  const player = useRef<HTMLAudioElement>(null);
  const bodyFor = (url: string | undefined) => ({ audio: url ?? 'data:audio/wav;base64,...', timestamps: 'segment', ...parametersFor('transcription') });
  const write = async (url: string | undefined) => {
    if (url === undefined) return;
    text.value = '';
    segments.value = [];
    const answer = await run.start(bodyFor(url), (event) => event.type === 'text' && (text.value += event.token));
    if (!answer) return;
    text.value = answer.full_text ?? (answer['text'] as string | undefined) ?? JSON.stringify(answer['labels']);
    segments.value = (answer['segments'] ?? []) as Segment[];
  };
  const take = (url: string | undefined) => ((sound.value = url), void write(url));
  const record = async () => {
    if (!recorder.isRecording.value) return recorder.start();
    take(await dataUrl(await recorder.stop()));
  };
  const play = (seconds: number) => {
    if (!player.current) return;
    player.current.currentTime = seconds;
    void player.current.play();
  };
  return (
    <Layout view="transcription" body={bodyFor(sound.value)}>
      <div class="panel">
        <div class="bar">
          <FileInput accept="audio/" label="Choose a recording" onFiles={([url]) => take(url)} />
          <button type="button" aria-pressed={recorder.isRecording.value} onClick={() => void record()}>
            {recorder.isRecording.value ? 'Stop recording' : 'Record'}
          </button>
        </div>
        <Problem error={recorder.error.value} />
        {sound.value !== undefined && (
          <>
            <Waveform url={sound.value} onSeek={play} />
            <audio ref={player} src={sound.value} controls />
          </>
        )}
        <RunBar run={run} label="Write it down" disabled={sound.value === undefined} onStart={() => void write(sound.value)}>
          {text.value !== '' && (
            <button type="button" onClick={() => save(new Blob([text.value], { type: 'text/plain' }), 'transcript.txt')}>
              Save the text
            </button>
          )}
        </RunBar>
        {segments.value.length > 0 ? (
          <ol class="segments">
            {segments.value.map((segment, index) => (
              <li key={index}>
                <button type="button" onClick={() => play(segment.start)}>
                  {formatTime(segment.start)}
                </button>
                {segment.text}
              </li>
            ))}
          </ol>
        ) : (
          <p class="plain">{text.value}</p>
        )}
      </div>
    </Layout>
  );
}
