import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { mediaUrl } from '../lib/files';
import { Run } from '../lib/run';
import type { Answer } from '../lib/types';
import { FileInput } from '../parts/file-input';
import { parametersFor } from '../parts/parameters';
import { RunBar } from '../parts/run-bar';
import { Layout } from './layout';

interface Labelled {
  label: string;
  score: number | null;
}

/** A picture, and what a model sees in it: labels, boxes or masks drawn over it, a depth map. */
export function VisionView() {
  const picture = useSignal<string | undefined>(undefined);
  const seen = useSignal<{ picture: string; answer: Answer } | undefined>(undefined);
  const run = useMemo(() => new Run(), []);
  const bodyFor = (url: string | undefined) => ({ images: [url ?? 'data:image/png;base64,...'], ...parametersFor('vision') });
  const look = async (url: string | undefined) => {
    if (url === undefined) return;
    seen.value = undefined;
    const answer = await run.start(bodyFor(url));
    if (answer) seen.value = { picture: url, answer };
  };
  const shown = seen.value;
  return (
    <Layout view="vision" body={bodyFor(picture.value)}>
      <div class="panel">
        <FileInput accept="image/" label="Choose a picture" onFiles={([url]) => ((picture.value = url), void look(url))} />
        <RunBar run={run} label="Look again" disabled={picture.value === undefined} onStart={() => void look(picture.value)} />
        {picture.value !== undefined && (
          <div class="seen">
            <img src={picture.value} alt="The picture" />
            {shown && <Overlay answer={shown.answer} />}
          </div>
        )}
        {shown && <Findings answer={shown.answer} />}
      </div>
    </Layout>
  );
}

const hue = (index: number) => `hsl(${(index * 137.5) % 360} 85% 55%)`; // the golden angle keeps neighbours apart

/** Boxes and masks, over the picture. */
function Overlay({ answer }: { answer: Answer }) {
  const objects = (answer['objects'] ?? []) as (Labelled & { box: { xmin: number; ymin: number; xmax: number; ymax: number } })[];
  const segments = (answer['segments'] ?? []) as (Labelled & { mask: string })[];
  const size = useSignal<{ width: number; height: number } | undefined>(undefined);
  const measure = (layer: HTMLElement | null) => {
    const image = layer?.parentElement?.querySelector('img');
    if (image && image.naturalWidth > 0 && size.value?.width !== image.naturalWidth) size.value = { width: image.naturalWidth, height: image.naturalHeight };
  };
  const { width = 1, height = 1 } = size.value ?? {};
  return (
    <div class="overlay" ref={measure}>
      {segments.map(({ mask, label }, index) => (
        <div key={index} class="mask" title={label} style={{ background: hue(index), maskImage: `url(${mediaUrl(mask, 'image/png')})` }} />
      ))}
      {objects.map(({ box, label, score }, index) => (
        <div
          key={index}
          class="box"
          style={{
            left: `${(100 * box.xmin) / width}%`,
            top: `${(100 * box.ymin) / height}%`,
            width: `${(100 * (box.xmax - box.xmin)) / width}%`,
            height: `${(100 * (box.ymax - box.ymin)) / height}%`,
            borderColor: hue(index),
          }}
        >
          <span style={{ background: hue(index) }}>
            {label} {score === null ? '' : `${Math.round(100 * score)} %`}
          </span>
        </div>
      ))}
    </div>
  );
}

function Findings({ answer }: { answer: Answer }) {
  const rows = (answer['labels'] ?? answer['objects'] ?? answer['segments'] ?? []) as Labelled[];
  const text = answer['answer'] ?? answer.full_text;
  return (
    <>
      {typeof answer['image'] === 'string' && <img class="preview" src={mediaUrl(answer['image'], 'image/png')} alt="What the model made of it" />}
      {typeof text === 'string' && <p>{text}</p>}
      {rows.length > 0 && (
        <table class="findings">
          <tbody>
            {rows.map(({ label, score }, index) => (
              <tr key={index}>
                <th scope="row">{label}</th>
                <td>{score === null ? '' : <meter max={1} value={score}>{score}</meter>}</td>
                <td>{score === null ? '' : `${(100 * score).toFixed(1)} %`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
