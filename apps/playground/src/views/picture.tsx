import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { mediaUrl } from '../lib/files';
import { summaryOf } from '../lib/format';
import { Run } from '../lib/run';
import { capabilities, parameters } from '../lib/state';
import { FileInput } from '../parts/file-input';
import { parametersFor } from '../parts/parameters';
import { RunBar } from '../parts/run-bar';
import { Layout } from './layout';

interface Made {
  url: string;
  isVideo: boolean;
  prompt: string;
  note: string;
  seed: number | undefined;
}

/** Pictures or films from a text, with a preview while they come, and a gallery of what was made. */
export function PictureView({ kind }: { kind: 'picture' | 'video' }) {
  const prompt = useSignal('');
  const source = useSignal<string | undefined>(undefined);
  const gallery = useSignal<Made[]>([]);
  const run = useMemo(() => new Run(), []);
  const body = { prompt: prompt.value, ...(source.value === undefined ? {} : { image: source.value }), ...parametersFor(kind) };
  const start = async () => {
    const answer = await run.start(body);
    if (!answer) return;
    const made = { prompt: prompt.value, note: summaryOf(answer), seed: answer.seed };
    gallery.value = [...urlsOf(answer).map((file) => ({ ...made, ...file })), ...gallery.value];
  };
  const preview = run.progress.value?.preview;
  return (
    <Layout view={kind} body={body}>
      <div class="panel">
        <label>
          <span>What it should show</span>
          <textarea
            rows={3}
            placeholder="A lighthouse on a cliff in a storm"
            value={prompt.value}
            onInput={({ currentTarget }) => (prompt.value = currentTarget.value)}
            onKeyDown={(event) => event.key === 'Enter' && !event.shiftKey && !event.isComposing && (event.preventDefault(), void start())}
          />
        </label>
        {capabilities.value!.input_modalities.includes('image') && (
          <div class="bar">
            <FileInput accept="image/" label="Begin with a picture" onFiles={([url]) => (source.value = url)} />
            {source.value !== undefined && (
              <button type="button" class="thumb" aria-label="Take the picture away" onClick={() => (source.value = undefined)}>
                <img src={source.value} alt="The picture to begin with" />
              </button>
            )}
          </div>
        )}
        <RunBar run={run} label={kind === 'video' ? 'Film it' : 'Paint it'} disabled={prompt.value.trim() === ''} onStart={() => void start()} />
        {preview !== undefined && <img class="preview" src={mediaUrl(preview, 'image/png')} alt="How far it has come" />}
        <div class="gallery">
          {gallery.value.map((made) => (
            <figure key={made.url}>
              {made.isVideo && !made.url.startsWith('data:image') ? <video src={made.url} controls loop autoplay muted /> : <img src={made.url} alt={made.prompt} />}
              <figcaption>
                {made.prompt} <span class="hint">{made.note}</span>
                <span class="bar small">
                  <a href={made.url} download={`llmi-${made.seed ?? 'picture'}`}>
                    Save
                  </a>
                  {made.seed !== undefined && (
                    <button type="button" onClick={() => ((prompt.value = made.prompt), (parameters.value = { ...parameters.value, seed: made.seed }))}>
                      Take its prompt and seed
                    </button>
                  )}
                </span>
              </figcaption>
            </figure>
          ))}
        </div>
      </div>
    </Layout>
  );
}

function urlsOf(answer: Record<string, unknown>): { url: string; isVideo: boolean }[] {
  const { format } = (answer['metadata'] ?? {}) as { format?: string };
  if (typeof answer['video'] === 'string') {
    const name = (format ?? 'mp4').toLowerCase();
    return [{ url: mediaUrl(answer['video'], `${name === 'mp4' || name === 'webm' ? 'video' : 'image'}/${name}`), isVideo: true }];
  }
  return ((answer['images'] as string[] | undefined) ?? []).map((image) => ({ url: mediaUrl(image, `image/${(format ?? 'png').toLowerCase()}`), isVideo: false }));
}
