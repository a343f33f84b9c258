import { computed, signal } from '@preact/signals';
import { askJson } from './api';
import type { Capabilities, FieldSchema, ModelEntry } from './types';

export const models = signal<ModelEntry[]>([]);
export const modelName = signal('');
export const capabilities = signal<Capabilities | undefined>(undefined);
/** Fields of a request, from /openapi.json. */
export const fields = signal<Record<string, FieldSchema>>({});
/** What the person set, by field; what is not here is the model's own choice. */
export const parameters = signal<Record<string, unknown>>({});
export const problem = signal<Error | undefined>(undefined);
export const isReady = signal(false);

/** What the page is for, with the model at hand. */
export type View = 'chat' | 'embedding' | 'vision' | 'transcription' | 'speech' | 'picture' | 'video' | 'other';

export const view = computed((): View | undefined => (capabilities.value ? viewOf(capabilities.value) : undefined));

export function viewOf({ input_modalities: takes, output_modalities: gives, tasks }: Capabilities): View {
  if (gives.includes('embedding')) return 'embedding';
  if (gives.includes('video')) return 'video';
  if (gives.includes('image') && !takes.includes('image') && gives.length === 1) return 'picture';
  if (tasks.some((task) => /^(text-to-image|image-to-image|inpainting)$/.test(task)) && takes.includes('text')) return 'picture';
  if (gives.includes('text') && takes.includes('audio') && !takes.includes('text')) return 'transcription';
  if (tasks.includes('automatic-speech-recognition')) return 'transcription';
  if (gives.includes('audio')) return 'speech';
  if (gives.includes('text') && tasks.some((task) => /text-generation|text-to-text|image-text-to-text|any-to-any|text2text|summarization|translation/.test(task))) return 'chat';
  if (takes.includes('image')) return 'vision';
  return gives.includes('text') ? 'chat' : 'other';
}

export async function loadModels(): Promise<void> {
  const reply = await askJson<{ models: ModelEntry[]; default_model: string | null }>('models');
  models.value = reply.models;
  if (!reply.models.some(({ name }) => name === modelName.value)) {
    const first = reply.models.find(({ task }) => task === 'text-generation') ?? reply.models[0];
    if (first || reply.default_model !== null) await chooseModel(reply.default_model ?? first!.name);
  }
  isReady.value = true;
}

export async function loadFields(): Promise<void> {
  const { components } = await askJson<{ components: { schemas: { GenerateRequest: { properties: Record<string, FieldSchema> } } } }>('openapi.json');
  fields.value = components.schemas.GenerateRequest.properties;
}

export async function chooseModel(name: string): Promise<void> {
  const found = await askJson<Capabilities>(`capabilities?model=${encodeURIComponent(name)}`);
  modelName.value = name;
  capabilities.value = found;
  problem.value = undefined;
}

/** Runs it and shows what goes wrong. */
export function attempt(work: () => Promise<void>): void {
  work().catch((error: unknown) => {
    problem.value = error instanceof Error ? error : new Error(String(error));
  });
}
