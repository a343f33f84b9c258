import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { filesOf, dataUrl } from '../lib/files';
import { summaryOf } from '../lib/format';
import { Run } from '../lib/run';
import { capabilities, modelName } from '../lib/state';
import type { RequestBody } from '../lib/types';
import { parametersFor } from '../parts/parameters';
import { Problem } from '../parts/problem';
import { Composer } from './composer';
import { Layout } from './layout';
import { TurnView, type Turn } from './turn';

export function ChatView() {
  const turns = useSignal<Turn[]>([]);
  const draft = useSignal('');
  const images = useSignal<string[]>([]);
  const system = useSignal('');
  const run = useMemo(() => new Run(), []);
  const log = useRef<HTMLDivElement>(null);
  useEffect(() => () => run.stop(), []);
  const { input_modalities: takes, supports_system_prompt: takesSystem, supported_modes: modes } = capabilities.value!;
  const takesImages = takes.includes('image');

  const bodyFor = (upTo: readonly Turn[]): RequestBody => ({
    ...requestOf(upTo, modes.includes('chat') || modes.length === 0),
    ...(takesSystem && system.value.trim() !== '' ? { system: system.value } : {}),
    ...parametersFor('chat'),
  });

  /** Answers the last of `upTo`; what came after it is dropped. */
  const answer = async (upTo: Turn[]) => {
    const reply: Turn = { role: 'assistant', text: '', images: [] };
    const body = bodyFor(upTo);
    turns.value = [...upTo, reply];
    const update = (change: Partial<Turn>) => (turns.value = [...upTo, Object.assign(reply, change) && { ...reply }]);
    const done = await run.start(body, (event) => {
      if (event.type === 'text') update({ text: reply.text + event.token });
      if (event.type === 'reasoning') update({ reasoning: (reply.reasoning ?? '') + event.token });
      if (event.type === 'tool_call') update({ calls: [...(reply.calls ?? []), event.tool_call.function] });
      if (event.type === 'image') update({ images: [...reply.images, `data:${event.mime_type};base64,${event.data}`] });
    });
    if (done) update({ text: done.full_text ?? reply.text, note: summaryOf(done) });
    else if (run.error.value && reply.text === '') turns.value = upTo;
    else update({ note: 'Stopped.' });
  };
  const send = () => {
    const text = draft.value.trim();
    if ((text === '' && images.value.length === 0) || run.isRunning.value) return;
    const mine: Turn = { role: 'user', text, images: images.value };
    draft.value = '';
    images.value = [];
    void answer([...turns.value, mine]);
  };
  const attach = async (files: File[]) => {
    if (takesImages) images.value = [...images.value, ...(await Promise.all(files.map(dataUrl)))];
  };

  useEffect(() => {
    const end = log.current;
    if (end && end.scrollHeight - end.scrollTop - end.clientHeight < 160) end.scrollTop = end.scrollHeight;
  }, [turns.value]);

  const preview = draft.value === '' ? turns.value : [...turns.value, { role: 'user' as const, text: draft.value, images: images.value }];
  return (
    <Layout
      view="chat"
      body={bodyFor(preview.length > 0 ? preview : [{ role: 'user', text: 'Hello', images: [] }])}
      before={
        takesSystem && (
          <label class="system">
            <span>System prompt</span>
            <textarea rows={3} value={system.value} onInput={({ currentTarget }) => (system.value = currentTarget.value)} />
          </label>
        )
      }
    >
      <div
        class="log"
        ref={log}
        role="log"
        aria-live="polite"
        aria-busy={run.isRunning.value}
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => (event.preventDefault(), void attach(filesOf(event.dataTransfer, 'image/')))}
      >
        {turns.value.length === 0 && <p class="hint">{introduction(takesImages)}</p>}
        {turns.value.map((turn, index) => (
          <TurnView
            key={index}
            turn={turn}
            isWorking={run.isRunning.value && index === turns.value.length - 1}
            onRegenerate={run.isRunning.value || turn.role === 'user' ? undefined : () => void answer(turns.value.slice(0, index))}
            onEdit={run.isRunning.value || turn.role === 'assistant' ? undefined : (text) => void answer([...turns.value.slice(0, index), { ...turn, text }])}
          />
        ))}
        <Problem error={run.error.value} />
      </div>
      <Composer
        text={draft}
        images={images}
        takesImages={takesImages}
        isRunning={run.isRunning.value}
        onSend={send}
        onStop={() => run.stop()}
        onFiles={(files) => void attach(files)}
        onClear={turns.value.length === 0 ? undefined : () => ((turns.value = []), (run.error.value = undefined))}
      />
    </Layout>
  );
}

const introduction = (takesImages: boolean) => `${modelName.value} is ready. Enter sends, Shift+Enter begins a new line${takesImages ? '; drop or paste pictures' : ''}.`;

/** The conversation as the server takes it; a model that only continues text gets the last turn. */
function requestOf(turns: readonly Turn[], hasChat: boolean): RequestBody {
  const last = turns.at(-1);
  if (!hasChat) return { prompt: last?.text ?? '', ...(last?.images.length ? { images: last.images } : {}) };
  return {
    messages: turns.map(({ role, text, images }) => ({
      role,
      content: images.length === 0 || role === 'assistant' ? text : [...images.map((url) => ({ type: 'image_url', image_url: { url } })), { type: 'text', text }],
    })),
  };
}
