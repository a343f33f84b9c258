import type { InferenceParams } from '@llmi/core';

interface Mode {
  description: string;
  /** Fields that the mode sets where the request does not. */
  preset: InferenceParams;
}

/**
 * The ways of working. Source of the presets: the mode table of the program that llmi re-imagines (scripts/serve_api.py of
 * llm_instaler at 3425b4a).
 */
export const modes = {
  auto: { description: 'Chat where the model has a chat template or messages are sent, else plain continuation.', preset: {} },
  chat: { description: "A conversation in the model's own chat template.", preset: { temperature: 0.7, topP: 0.9 } },
  complete: { description: 'Continues the prompt as it stands.', preset: { temperature: 0.8, topP: 0.95 } },
  instruct: { description: "Carries out one instruction, in the model's template or in the Alpaca layout.", preset: { temperature: 0.3, topP: 0.9 } },
  creative: { description: 'Like auto, with more variety.', preset: { temperature: 1.2, topP: 0.95 } },
  code: { description: 'Like auto, with little variety and at most 1024 tokens: for programs.', preset: { temperature: 0.2, topP: 0.95, maxTokens: 1024 } },
  analyze: { description: 'Like auto, nearly deterministic: for analysis.', preset: { temperature: 0.1, topP: 0.9 } },
  translate: { description: 'Like auto, with little variety: for translations.', preset: { temperature: 0.3, topP: 0.9 } },
  summarize: { description: 'Like auto, with moderate variety: for summaries.', preset: { temperature: 0.5, topP: 0.9 } },
} as const satisfies Record<string, Mode>;

export type ModeName = keyof typeof modes;

export function isMode(name: string): name is ModeName {
  return Object.hasOwn(modes, name);
}

export function modePreset(name: string): InferenceParams {
  return isMode(name) ? modes[name].preset : {};
}

/** How the prompt is written in the end: `auto` and the presets leave it to the model and the request. */
export function promptStyle(mode: ModeName, request: { hasMessages: boolean; hasSystem: boolean; hasTemplate: boolean }): 'chat' | 'complete' | 'instruct' {
  if (mode === 'chat' || mode === 'complete' || mode === 'instruct') return mode;
  return request.hasMessages || request.hasSystem || request.hasTemplate ? 'chat' : 'complete';
}
