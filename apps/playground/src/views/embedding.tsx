import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { compare, project } from '../lib/vectors';
import { Run } from '../lib/run';
import { parametersFor } from '../parts/parameters';
import { RunBar } from '../parts/run-bar';
import { Layout } from './layout';

const example = 'A cat sits on the mat.\nA kitten lies on the rug.\nThe stock market fell today.\nShares lost value this morning.';

/** Texts, a line each: how alike they are, and where they lie. */
export function EmbeddingView() {
  const text = useSignal(example);
  const made = useSignal<{ texts: string[]; vectors: number[][] } | undefined>(undefined);
  const run = useMemo(() => new Run(), []);
  const texts = text.value.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  const body = { texts, ...parametersFor('embedding') };
  const start = async () => {
    const answer = await run.start(body);
    if (answer) made.value = { texts, vectors: answer['embeddings'] as number[][] };
  };
  return (
    <Layout view="embedding" body={body}>
      <div class="panel">
        <label>
          <span>Texts, one on each line</span>
          <textarea rows={6} value={text.value} onInput={({ currentTarget }) => (text.value = currentTarget.value)} />
        </label>
        <RunBar run={run} label="Compare" disabled={texts.length === 0} onStart={() => void start()} />
        {made.value && <Similarity {...made.value} />}
        {made.value && made.value.vectors.length > 2 && <Map2d {...made.value} />}
      </div>
    </Layout>
  );
}

function Similarity({ texts, vectors }: { texts: string[]; vectors: number[][] }) {
  const table = useMemo(() => compare(vectors), [vectors]);
  return (
    <figure>
      <figcaption>Cosine similarity; {vectors[0]!.length} dimensions</figcaption>
      <div class="scroll">
        <table class="similarity">
          <thead>
            <tr>
              <td />
              {texts.map((_, index) => (
                <th key={index} scope="col">
                  {index + 1}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.map((row, index) => (
              <tr key={index}>
                <th scope="row">
                  {index + 1}. {texts[index]}
                </th>
                {row.map((value, column) => (
                  <td key={column} style={{ background: `color-mix(in srgb, var(--accent) ${Math.round(Math.max(0, value) * 70)}%, transparent)` }}>
                    {value.toFixed(2)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}

const [width, height, margin] = [640, 360, 40];

function Map2d({ texts, vectors }: { texts: string[]; vectors: number[][] }) {
  const points = useMemo(() => project(vectors), [vectors]);
  return (
    <figure>
      <figcaption>Their two main components</figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label="Where the texts lie">
        {points.map(([x, y], index) => (
          <g key={index} transform={`translate(${margin + x * (width - 2 * margin)} ${margin + y * (height - 2 * margin)})`}>
            <circle r="5" />
            <text x="9" y="4">
              {index + 1}
            </text>
            <title>{texts[index]}</title>
          </g>
        ))}
      </svg>
    </figure>
  );
}
