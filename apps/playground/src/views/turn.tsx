import { useMemo, useState } from 'preact/hooks';
import { toHtml } from '../lib/markdown';

export interface Turn {
  role: 'user' | 'assistant';
  text: string;
  images: string[];
  reasoning?: string;
  calls?: { name: string; arguments: string }[];
  /** Tokens, speed. */
  note?: string;
}

interface TurnProps {
  turn: Turn;
  isWorking: boolean;
  onRegenerate: (() => void) | undefined;
  onEdit: ((text: string) => void) | undefined;
}

export function TurnView({ turn, isWorking, onRegenerate, onEdit }: TurnProps) {
  const [edited, setEdited] = useState<string | undefined>(undefined);
  const { role, text, images, reasoning, calls, note } = turn;
  if (edited !== undefined) {
    return (
      <form class="turn user" onSubmit={(event) => (event.preventDefault(), setEdited(undefined), onEdit?.(edited))}>
        <textarea rows={3} aria-label="Your message, edited" value={edited} autofocus onInput={({ currentTarget }) => setEdited(currentTarget.value)} />
        <div class="bar">
          <button class="main">Send again</button>
          <button type="button" onClick={() => setEdited(undefined)}>
            Leave it
          </button>
        </div>
      </form>
    );
  }
  return (
    <article class={`turn ${role}`} aria-label={role === 'user' ? 'You' : 'The model'}>
      {images.map((url, index) => (
        <img key={url} src={url} alt={`Picture ${index + 1}`} />
      ))}
      {reasoning !== undefined && (
        <details class="reasoning" open={isWorking && text === ''}>
          <summary>Reasoning</summary>
          <p>{reasoning}</p>
        </details>
      )}
      {role === 'user' ? <p class="plain">{text}</p> : <Markdown text={text} isWorking={isWorking} />}
      {calls?.map(({ name, arguments: given }, index) => (
        <pre key={index}>
          <code>
            {name}({given})
          </code>
        </pre>
      ))}
      <div class="bar small">
        {note !== undefined && <span class="status">{note}</span>}
        {role === 'assistant' && text !== '' && (
          <button type="button" onClick={() => void navigator.clipboard.writeText(text)}>
            Copy
          </button>
        )}
        {onRegenerate && (
          <button type="button" onClick={onRegenerate}>
            Regenerate
          </button>
        )}
        {onEdit && (
          <button type="button" onClick={() => setEdited(text)}>
            Edit
          </button>
        )}
      </div>
    </article>
  );
}

function Markdown({ text, isWorking }: { text: string; isWorking: boolean }) {
  const html = useMemo(() => toHtml(text), [text]);
  if (text === '' && isWorking) return <p class="waiting">…</p>;
  return <div class="markdown" dangerouslySetInnerHTML={{ __html: html }} />;
}
