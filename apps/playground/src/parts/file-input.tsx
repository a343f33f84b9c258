import { useRef, useState } from 'preact/hooks';
import { dataUrl, filesOf } from '../lib/files';

/** Files by choosing, dropping or pasting; as data URLs. */
export function FileInput({ accept, label, multiple = false, onFiles }: { accept: 'image/' | 'audio/'; label: string; multiple?: boolean; onFiles: (urls: string[], files: File[]) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  const take = async (files: File[]) => {
    const taken = multiple ? files : files.slice(0, 1);
    if (taken.length > 0) onFiles(await Promise.all(taken.map(dataUrl)), taken);
  };
  return (
    <div
      class={isOver ? 'drop over' : 'drop'}
      onDragOver={(event) => (event.preventDefault(), setOver(true))}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => (event.preventDefault(), setOver(false), void take(filesOf(event.dataTransfer, accept)))}
      onPaste={(event) => void take(filesOf(event.clipboardData, accept))}
    >
      <button type="button" onClick={() => input.current?.click()}>
        {label}
      </button>
      <span class="hint">or drop or paste it here</span>
      <input ref={input} type="file" accept={`${accept}*`} multiple={multiple} hidden onChange={({ currentTarget }) => (void take([...(currentTarget.files ?? [])]), (currentTarget.value = ''))} />
    </div>
  );
}
