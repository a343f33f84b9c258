import { useEffect, useState } from 'preact/hooks';
import { apiKey, isKeyWanted } from './lib/api';
import { attempt, capabilities, chooseModel, isReady, loadFields, loadModels, modelName, models, problem, view, type View } from './lib/state';
import { Problem } from './parts/problem';
import { ChatView } from './views/chat';
import { EmbeddingView } from './views/embedding';
import { ModelsView } from './views/models';
import { OtherView } from './views/other';
import { PictureView } from './views/picture';
import { SpeechView } from './views/speech';
import { TranscriptionView } from './views/transcription';
import { VisionView } from './views/vision';

const start = () => attempt(async () => void (await Promise.all([loadModels(), loadFields()])));

export function App() {
  const [isManaging, setManaging] = useState(false);
  useEffect(start, []);
  return (
    <>
      <header>
        <h1>llmi</h1>
        <label class="model">
          <span class="hidden">Model</span>
          <select value={modelName.value} disabled={models.value.length === 0} onChange={({ currentTarget }) => attempt(() => chooseModel(currentTarget.value))}>
            {models.value.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <button type="button" aria-pressed={isManaging} onClick={() => setManaging(!isManaging)}>
          Models
        </button>
        <a href="openapi.json">API</a>
      </header>
      {isKeyWanted.value && <KeyForm />}
      <Problem error={problem.value} />
      {isManaging ? <ModelsView onChosen={() => setManaging(false)} /> : <Main />}
    </>
  );
}

function Main() {
  if (!isReady.value) return <main class="empty">{problem.value || isKeyWanted.value ? null : <p>Looking for models …</p>}</main>;
  if (models.value.length === 0) {
    return (
      <main class="empty">
        <p>No model is installed yet. In a terminal:</p>
        <pre>
          <code>llmi install Qwen/Qwen3-0.6B-GGUF:Q8_0</code>
        </pre>
      </main>
    );
  }
  if (!capabilities.value || !view.value) return <main class="empty" />;
  const View = views[view.value];
  return <View key={modelName.value} />;
}

const views: Record<View, () => preact.JSX.Element> = {
  chat: ChatView,
  embedding: EmbeddingView,
  vision: VisionView,
  transcription: TranscriptionView,
  speech: SpeechView,
  picture: () => <PictureView kind="picture" />,
  video: () => <PictureView kind="video" />,
  other: OtherView,
};

function KeyForm() {
  return (
    <form
      class="key"
      onSubmit={(event) => {
        event.preventDefault();
        apiKey.value = new FormData(event.currentTarget).get('key') as string;
        problem.value = undefined;
        start();
      }}
    >
      <label>
        This server asks for an API key <input name="key" type="password" autocomplete="off" required />
      </label>
      <button class="main">Use it</button>
    </form>
  );
}
