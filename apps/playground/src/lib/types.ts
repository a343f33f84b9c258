// The server's answers, as far as this page reads them. The whole of them: /openapi.json.

export interface ModelEntry {
  name: string;
  task: string | null;
  model_family: string;
  quantization: string | null;
  handler: string;
  size_bytes: number;
  loaded: boolean;
  temporary: boolean;
  memory_bytes?: number | null;
}

export type Modality = 'text' | 'image' | 'audio' | 'video' | 'embedding' | 'label' | 'tensor';

export interface Capabilities {
  tasks: string[];
  input_modalities: Modality[];
  output_modalities: Modality[];
  supported_modes: string[];
  mode_descriptions: Record<string, string>;
  supports_system_prompt: boolean;
  supports_reasoning: boolean;
  max_context_length?: number;
}

/** JSON schema of one field of a request. */
export interface FieldSchema {
  description?: string;
  type?: string;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  multipleOf?: number;
  items?: FieldSchema;
  anyOf?: FieldSchema[];
}

export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
}

/** A finished answer; which fields it has depends on `result_type`. */
export interface Answer {
  result_type: string;
  full_text?: string;
  usage?: Usage;
  timing?: Record<string, number>;
  seed?: number;
  [field: string]: unknown;
}

export type StreamEvent =
  | { type: 'text' | 'reasoning'; token: string }
  | { type: 'tool_call'; index: number; tool_call: { function: { name: string; arguments: string } } }
  | { type: 'progress'; stage: string; step: number; steps: number; preview?: string }
  | { type: 'image' | 'audio'; index: number; mime_type: string; data: string }
  | ({ type: 'done' } & Answer)
  | { type: 'error'; error: { message: string; hint?: string } };

export type RequestBody = Record<string, unknown>;
