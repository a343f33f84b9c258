import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseTemplate } from '../src/python-interpreter.js';
import { renderTemplate, TemplateRefusal } from '../src/render-template.js';

interface Case {
  name: string;
  template: string;
  messages: unknown[];
  values: Record<string, unknown>;
  expect?: string;
  raises?: string;
}

const { now, cases } = JSON.parse(readFileSync(new URL('fixtures/chat-templates.json', import.meta.url), 'utf8')) as { now: number[]; cases: Case[] };
const [year, month, day, hour, minute, second] = now as [number, number, number, number, number, number];
const date = new Date(year, month - 1, day, hour, minute, second);

/** Expectations made by Python's jinja2, set up as transformers sets it up: fixtures/make-chat-templates.py. */
describe('chat templates render as in Python', () => {
  for (const [index, { name, template, messages, values: given, expect: text, raises }] of cases.entries()) {
    it(`${index + 1}: ${name}`, () => {
      const values = { messages, ...given, documents: null, add_generation_prompt: true, bos_token: '<bos>', eos_token: '<eos>' };
      const render = () => renderTemplate(parseTemplate(template), values, date);
      if (raises !== undefined) expect(render).toThrow(new TemplateRefusal(raises));
      else expect(render()).toBe(text);
    });
  }
});
