import { either, GrammarBuilder, JsonSchemaRules, literal } from '@llmi/grammar';
import type { ToolFormat, ToolSpec } from './tool-format.js';

/** Most calls of one answer that is held to calls. */
const mostCalls = 16;

/** One or several calls of these tools, in the model's own format. */
export function callRules(builder: GrammarBuilder, format: ToolFormat, tools: readonly ToolSpec[], { parallel }: { parallel: boolean }): string {
  const calls = tools.map((tool) => builder.rule(`${tool.name}-call`, format.write(tool, argumentsRule(builder, tool), builder)));
  return `${format.before ?? ''} ${several(builder.rule('call', either(calls)), format.between ?? '', parallel)} ${format.after ?? ''}`.trim();
}

/** A call in the channels of gpt-oss, after some thinking where that is wanted, or at once. */
export function harmonyCallRules(builder: GrammarBuilder, tools: readonly ToolSpec[], { mayThink }: { mayThink: boolean }): string {
  const calls = tools.map((tool) => `${literal(`<|channel|>commentary to=functions.${tool.name} <|constrain|>json<|message|>`)} ${argumentsRule(builder, tool)}`);
  const thinking = `( ${literal('<|channel|>analysis<|message|>')} ( [^<] | "<" [^|] )* ${literal('<|end|><|start|>assistant')} )?`;
  return mayThink ? `${thinking} ${either(calls)}` : either(calls);
}

function several(call: string, between: string, parallel: boolean): string {
  return parallel ? `${call} ( ${between} ${call} ){0,${mostCalls - 1}}` : call;
}

function argumentsRule(builder: GrammarBuilder, { parameters }: ToolSpec): string {
  return builder.rule('arguments', new JsonSchemaRules(builder, { type: 'object', ...parameters }, 'tools').document());
}
