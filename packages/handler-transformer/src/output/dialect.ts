import { toolFormat } from '../tools/formats.js';
import type { ToolFormat, ToolSpec } from '../tools/tool-format.js';
import { HarmonyReader, harmonyAnswer, harmonyTokens } from './harmony-reader.js';
import { PlainReader, type OutputReader } from './parts.js';
import { reasoningFormat, type ReasoningFormat } from './reasoning-formats.js';
import { TaggedReader } from './tagged-reader.js';

/** How a model's answers are to be read: found out from its chat template, once. */
export interface Dialect {
  isHarmony: boolean;
  reasoning: ReasoningFormat | undefined;
  tools: ToolFormat;
  /** Texts of control tokens that must be seen to tell the parts of an answer apart. */
  shows: readonly string[];
  /** Text that ends the thinking, and what follows it. */
  closesReasoning: string | undefined;
}

export function dialectOf(template: string | undefined): Dialect {
  const isHarmony = template?.includes('<|channel|>') === true && template.includes('analysis');
  const reasoning = isHarmony || template === undefined ? undefined : reasoningFormat(template);
  const tools = toolFormat(template ?? '');
  const tags = [...(reasoning ? [reasoning.open, reasoning.close, ...(reasoning.noise ?? [])] : []), ...tools.opens, ...tools.closes, ...(tools.noise ?? []), ...inner];
  return {
    isHarmony,
    reasoning,
    tools,
    shows: isHarmony ? harmonyTokens : tags.flatMap((tag) => [tag, ...(/<\|?[^<>]+\|?>|\[[^\]]+\]/g.exec(tag) ?? [])]),
    closesReasoning: isHarmony ? harmonyAnswer : reasoning && `\n${reasoning.close}\n\n`,
  };
}

/** Control tokens inside blocks of calls. */
const inner = ['<｜tool▁sep｜>', '<|tool_call_argument_begin|>', '[ARGS]', '[CALL_ID]', '<escape>', '<|"|>'];

export interface ReaderSettings {
  /** Only with tools are calls looked for. */
  specs: readonly ToolSpec[] | undefined;
  /** The rendered prompt. */
  prompt: string;
}

/** A reader for one answer. */
export function makeReader({ isHarmony, reasoning, tools }: Dialect, { specs, prompt }: ReaderSettings): OutputReader {
  if (isHarmony) return new HarmonyReader(specs, /<\|start\|>assistant([^]*)$/.exec(prompt.slice(-400))?.[1] ?? '');
  if (!reasoning && !specs) return new PlainReader();
  const startsReasoning = reasoning !== undefined && prompt.trimEnd().endsWith(reasoning.open);
  const prefix = specs && tools.promptEnd !== undefined && prompt.trimEnd().endsWith(tools.promptEnd) ? tools.promptEnd : undefined;
  return new TaggedReader({ reasoning, startsReasoning, prefix, ...(specs ? { tools: { format: tools, specs } } : {}) });
}

/** Whether the model thinks in a way that can be told from its answer. */
export function thinks({ isHarmony, reasoning }: Dialect): boolean {
  return isHarmony || reasoning !== undefined;
}
