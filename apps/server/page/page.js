const element = (id) => document.getElementById(id);
const [model, prompt, talk, about, status] = ['model', 'prompt', 'talk', 'about', 'status'].map(element);

let apiKey = ''; // kept in memory: it is gone with the page
let messages = [];
let capabilities;
let running;

/** What a kind of result is called here. */
const words = { embedding: 'vectors' };

const headers = () => ({ 'content-type': 'application/json', ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}) });

async function ask(path, options = {}) {
  const reply = await fetch(path, { ...options, headers: headers() });
  if (reply.ok) return reply;
  const { error } = await reply.json();
  if (reply.status === 401) {
    element('key-form').hidden = false;
    throw new Error(error.message);
  }
  throw new Error([error.message, error.hint].filter(Boolean).join(' '));
}

async function start() {
  const { models, default_model: first } = await (await ask('/models')).json();
  element('key-form').hidden = true;
  if (models.length === 0) {
    about.textContent = 'No model is installed yet. In a terminal: llmi install Qwen/Qwen3-0.6B-GGUF:Q8_0';
    return;
  }
  const chosen = first ?? (models.find(({ task }) => task === 'text-generation') ?? models[0]).name;
  model.replaceChildren(...models.map(({ name }) => new Option(name, name, name === chosen, name === chosen)));
  for (const id of ['model', 'new', 'prompt', 'send']) element(id).disabled = false;
  await choose();
  prompt.focus();
}

async function choose() {
  capabilities = await (await ask(`/capabilities?model=${encodeURIComponent(model.value)}`)).json();
  messages = [];
  const { input_modalities: takes, output_modalities: makes } = capabilities;
  about.textContent = `${model.value} takes ${takes.join(', ')} and gives ${makes.map((kind) => words[kind] ?? kind).join(', ')}. Enter sends, Shift+Enter begins a new line.`;
  talk.replaceChildren(about);
  status.textContent = '';
}

/** What this kind of model is asked with. */
function requestFor(text) {
  const makes = capabilities.output_modalities;
  if (makes.includes('embedding')) return { texts: [text] };
  if (makes.includes('text') && capabilities.supported_modes.includes('chat')) return { messages: [...messages, { role: 'user', content: text }] };
  return { prompt: text };
}

function turn(kind, text = '') {
  const line = document.createElement('p');
  line.className = `turn ${kind}`;
  line.textContent = text;
  talk.append(line);
  return line;
}

const toEnd = () => (talk.scrollTop = talk.scrollHeight);

/** The objects of a stream of server-sent events. */
async function* eventsOf(reply) {
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const frames = (rest + value).split('\n\n');
    rest = frames.pop();
    for (const frame of frames) if (frame.startsWith('data: ')) yield JSON.parse(frame.slice(6));
  }
}

async function answer(text) {
  turn('mine', text);
  toEnd();
  let thought;
  let line;
  const reply = await ask('/generate/stream', {
    method: 'POST',
    body: JSON.stringify({ model: model.value, ...requestFor(text) }),
    signal: running.signal,
  });
  for await (const event of eventsOf(reply)) {
    const atEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 40;
    if (event.type === 'reasoning') (thought ??= turn('thought')).append(event.token);
    if (event.type === 'text') (line ??= turn('theirs')).append(event.token);
    if (event.type === 'progress') status.textContent = `${event.stage} ${event.step} of ${event.steps}`;
    if (event.type === 'error') throw new Error([event.error.message, event.error.hint].filter(Boolean).join(' '));
    if (event.type === 'done') finish(text, event, line);
    if (atEnd) toEnd();
  }
}

/** How much it was, and how fast where the model says what its tokens took. */
function summaryOf({ usage, timing }) {
  if (!usage) return '';
  if (!usage.completion_tokens || !timing.decode) return `${usage.total_tokens} tokens`;
  return `${usage.completion_tokens} tokens, ${((1000 * usage.completion_tokens) / timing.decode).toFixed(1)} tokens/s`;
}

/** Long rows of numbers for the eye: how many they are, and how they begin. */
function shortened(value) {
  if (!Array.isArray(value)) return value;
  if (value.length <= 8 || typeof value[0] !== 'number') return value.map(shortened);
  return `[${value.slice(0, 6).map((number) => number.toFixed(4)).join(', ')}, ... ${value.length} numbers]`;
}

function finish(text, done, line) {
  status.textContent = summaryOf(done);
  if (typeof done.full_text === 'string') {
    if (!line) turn('theirs', done.full_text);
    messages.push({ role: 'user', content: text }, { role: 'assistant', content: done.full_text });
    return;
  }
  if (done.result_type === 'image') {
    for (const data of done.images) {
      const image = new Image();
      image.src = `data:image/${String(done.metadata.format ?? 'png').toLowerCase()};base64,${data}`;
      image.alt = text;
      turn('theirs').append(image);
    }
    return;
  }
  const { type, result_type, model: by, timing, finished, usage, ...rest } = done;
  turn('theirs result', JSON.stringify(rest, (_key, value) => shortened(value), 2).slice(0, 4000));
}

async function send() {
  const text = prompt.value.trim();
  if (text === '' || running) return;
  prompt.value = '';
  status.textContent = 'Working ...';
  running = new AbortController();
  element('send').hidden = true;
  element('stop').hidden = false;
  try {
    await answer(text);
  } catch (error) {
    status.textContent = error.name === 'AbortError' ? 'Stopped.' : '';
    if (error.name !== 'AbortError') turn('wrong', error.message);
    toEnd();
  } finally {
    running = undefined;
    element('send').hidden = false;
    element('stop').hidden = true;
  }
}

const show = (error) => (about.textContent = error.message);
element('ask').addEventListener('submit', (event) => {
  event.preventDefault();
  void send();
});
prompt.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  void send();
});
element('stop').addEventListener('click', () => running?.abort());
element('new').addEventListener('click', () => choose().catch(show));
model.addEventListener('change', () => choose().catch(show));
element('key-form').addEventListener('submit', (event) => {
  event.preventDefault();
  apiKey = element('key').value;
  start().catch(show);
});
start().catch(show);
