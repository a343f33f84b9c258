import type { Signal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { filesOf } from '../lib/files';

interface ComposerProps {
  text: Signal<string>;
  images: Signal<string[]>;
  takesImages: boolean;
  isRunning: boolean;
  onSend: () => void;
  onStop: () => void;
  onFiles: (files: File[]) => void;
  onClear: (() => void) | undefined;
}

/** Where a message is written. */
export function Composer({ text, images, takesImages, isRunning, onSend, onStop, onFiles, onClear }: ComposerProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        onSend();
      }}
    >
      {images.value.length > 0 && (
        <div class="attached">
          {images.value.map((url, index) => (
            <button key={url} type="button" title="Take it away" aria-label={`Take picture ${index + 1} away`} onClick={() => (images.value = images.value.filter((other) => other !== url))}>
              <img src={url} alt={`Picture ${index + 1}`} />
            </button>
          ))}
        </div>
      )}
      <textarea
        rows={3}
        aria-label="Your message"
        placeholder="Ask something"
        value={text.value}
        autofocus
        onInput={({ currentTarget }) => (text.value = currentTarget.value)}
        onPaste={(event) => {
          const files = filesOf(event.clipboardData, 'image/');
          if (files.length > 0) onFiles(files);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && isRunning) onStop();
          if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          onSend();
        }}
      />
      <div class="bar">
        {isRunning ? (
          <button type="button" onClick={onStop}>
            Stop
          </button>
        ) : (
          <button class="main" disabled={text.value.trim() === '' && images.value.length === 0}>
            Send
          </button>
        )}
        {takesImages && (
          <>
            <button type="button" onClick={() => input.current?.click()}>
              Add a picture
            </button>
            <input ref={input} type="file" accept="image/*" multiple hidden onChange={({ currentTarget }) => (onFiles([...(currentTarget.files ?? [])]), (currentTarget.value = ''))} />
          </>
        )}
        {onClear && (
          <button type="button" disabled={isRunning} onClick={onClear}>
            New chat
          </button>
        )}
      </div>
    </form>
  );
}
