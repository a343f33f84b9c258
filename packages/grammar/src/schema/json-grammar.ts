import { GrammarBuilder } from '../gbnf/grammar-builder.js';
import { JsonSchemaRules } from './json-schema.js';
import { anyObject } from './json-values.js';

/** Any object, or what a schema describes, as GBNF. @throws {LlmiError} INPUT_UNSUPPORTED naming the keyword that cannot be enforced */
export function jsonGrammarText(schema?: Record<string, unknown>): string {
  const builder = new GrammarBuilder();
  const root = schema === undefined ? anyObject(builder) : new JsonSchemaRules(builder, schema).document();
  return builder.build(root);
}
