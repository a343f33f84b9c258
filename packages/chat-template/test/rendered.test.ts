import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { modelInfoSchema } from '@llmi/core';
import { describe, expect, it } from 'vitest';
import { findTemplate } from '../src/find-template.js';
import { parseTemplate } from '../src/python-interpreter.js';
import { renderTemplate } from '../src/render-template.js';

const shared = process.env.LLMI_SHARED ?? resolve(import.meta.dirname, '../../../../shared');

interface Golden {
  cases: { id: string; kind?: string; inputs: { messages?: unknown[]; rendered?: string } }[];
}

const golden = join(shared, 'fixtures', 'golden');
const hub = join(shared, 'fixtures', 'hub', 'llmi-fixtures');
const read = (path: string): string | undefined => (existsSync(path) ? readFileSync(path, 'utf8') : undefined);

/** Every conversation of the fixtures whose repository has a template, with the text that transformers made of it. */
const conversations = (existsSync(golden) ? readdirSync(golden) : [])
  .filter((file) => file.endsWith('.json'))
  .flatMap((file) => {
    const name = file.replace(/\.json$/, '');
    const config = read(join(hub, name, 'tokenizer_config.json'));
    const jinja = read(join(hub, name, 'chat_template.jinja'));
    const tokenizer = JSON.parse(config ?? '{}') as Record<string, unknown>;
    const model = modelInfoSchema.parse({ id: name, source: 'hub', files: [], text: jinja === undefined ? {} : { 'chat_template.jinja': jinja }, json: { 'tokenizer_config.json': tokenizer } });
    const template = findTemplate({}, model);
    const { cases = [] } = JSON.parse(readFileSync(join(golden, file), 'utf8')) as Partial<Golden>;
    if (template === undefined || !Array.isArray(cases)) return [];
    return cases.filter(({ kind, inputs }) => kind === 'chat' && inputs.rendered !== undefined).map((entry) => ({ name, template, tokenizer, ...entry }));
  });

describe.skipIf(conversations.length === 0)('conversations as transformers renders them', () => {
  it.each(conversations)('$name $id', ({ template, tokenizer, inputs }) => {
    const token = (value: unknown) => (typeof value === 'object' && value !== null ? (value as { content?: unknown }).content : value);
    const specials = Object.fromEntries(['bos_token', 'eos_token'].map((name) => [name, token(tokenizer[name])]).filter(([, value]) => typeof value === 'string'));
    const values = { messages: inputs.messages, tools: null, documents: null, add_generation_prompt: true, ...specials };
    expect(renderTemplate(parseTemplate(template), values, new Date())).toBe(inputs.rendered);
  });
});
