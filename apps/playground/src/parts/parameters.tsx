import { capabilities, fields, parameters, type View } from '../lib/state';
import type { FieldSchema } from '../lib/types';

const sampling = ['mode', 'max_tokens', 'temperature', 'top_p', 'top_k', 'min_p', 'repetition_penalty', 'presence_penalty', 'frequency_penalty', 'seed', 'stop_sequences', 'reasoning'];
const painting = ['negative_prompt', 'num_inference_steps', 'guidance_scale', 'width', 'height', 'num_images', 'seed', 'scheduler', 'strength', 'clip_skip'];

/** Fields of a request that a person may want to set, by what the page is for. */
const fieldsOfView: Record<View, string[]> = {
  chat: sampling,
  embedding: ['normalize', 'dimensions', 'prompt_name', 'pooling', 'truncate'],
  vision: ['task', 'labels', 'threshold', 'top_k', 'question'],
  transcription: ['language', 'translate', 'timestamps'],
  speech: ['voice', 'language', 'speed', 'audio_format', 'seed'],
  picture: painting,
  video: [...painting.filter((name) => name !== 'num_images'), 'num_frames', 'fps', 'output_format'],
  other: ['mode', 'task', 'seed'],
};

/** A form made from the schema of a request. An empty field leaves the choice to the model. */
export function Parameters({ view }: { view: View }) {
  const known = fieldsOfView[view].filter((name) => name in fields.value && isOffered(name));
  return (
    <fieldset class="parameters">
      <legend>Parameters</legend>
      {known.map((name) => (
        <Field key={name} name={name} schema={fields.value[name]!} />
      ))}
      <button type="button" disabled={Object.keys(parameters.value).length === 0} onClick={() => (parameters.value = {})}>
        Back to the defaults
      </button>
    </fieldset>
  );
}

function isOffered(name: string): boolean {
  if (name === 'reasoning') return capabilities.value?.supports_reasoning === true;
  if (name === 'labels') return capabilities.value?.tasks.some((task) => task.startsWith('zero-shot')) === true;
  if (name === 'question') return capabilities.value?.tasks.some((task) => task.endsWith('question-answering')) === true;
  if (name === 'task') return (capabilities.value?.tasks.length ?? 0) > 1;
  return true;
}

/** What the person set, as far as it is about this kind of model. */
export function parametersFor(view: View): Record<string, unknown> {
  return Object.fromEntries(Object.entries(parameters.value).filter(([name]) => fieldsOfView[view].includes(name)));
}

function Field({ name, schema }: { name: string; schema: FieldSchema }) {
  const value = parameters.value[name];
  const set = (next: unknown) => {
    const { [name]: _former, ...others } = parameters.value;
    parameters.value = next === undefined ? others : { ...others, [name]: next };
  };
  const id = `field-${name}`;
  const title = name.replaceAll('_', ' ').replace(/^num /, '');
  const choices = choicesOf(name, schema);
  return (
    <label for={id} title={schema.description}>
      <span>{title}</span>
      {choices ? (
        <select id={id} value={(value as string) ?? ''} onChange={({ currentTarget }) => set(currentTarget.value === '' ? undefined : currentTarget.value)}>
          <option value="">default</option>
          {choices.map((choice) => (
            <option key={choice} value={choice} title={capabilities.value?.mode_descriptions[choice]}>
              {choice}
            </option>
          ))}
        </select>
      ) : schema.type === 'boolean' ? (
        <select id={id} value={value === undefined ? '' : String(value)} onChange={({ currentTarget }) => set(currentTarget.value === '' ? undefined : currentTarget.value === 'true')}>
          <option value="">default</option>
          <option value="true">yes</option>
          <option value="false">no</option>
        </select>
      ) : schema.type === 'number' || schema.type === 'integer' ? (
        <input
          id={id}
          type="number"
          min={schema.minimum}
          max={schema.maximum !== undefined && schema.maximum < 1e9 ? schema.maximum : undefined}
          step={schema.multipleOf ?? (schema.type === 'integer' ? 1 : 'any')}
          placeholder="default"
          value={value === undefined ? '' : String(value)}
          onInput={({ currentTarget }) => set(currentTarget.value === '' ? undefined : Number(currentTarget.value))}
        />
      ) : (
        <input
          id={id}
          placeholder={schema.type === 'array' ? 'one; two; three' : 'default'}
          value={Array.isArray(value) ? value.join('; ') : ((value as string) ?? '')}
          onChange={({ currentTarget: { value: text } }) => set(text === '' ? undefined : schema.type === 'array' ? listOf(text) : text)}
        />
      )}
    </label>
  );
}

const listOf = (text: string) => text.split(';').map((part) => part.trim()).filter((part) => part !== '');

function choicesOf(name: string, schema: FieldSchema): string[] | undefined {
  if (name === 'mode') return capabilities.value?.supported_modes;
  if (name === 'task') return capabilities.value?.tasks;
  return schema.enum ?? schema.anyOf?.find((option) => option.enum)?.enum;
}
