import { Environment, type parse } from '@huggingface/jinja';
import { interpret } from './python-interpreter.js';
import { strftime } from './strftime.js';

export type ParsedTemplate = ReturnType<typeof parse>;

/** What a template says with raise_exception: a refusal of the messages, not a fault of the template. */
export class TemplateRefusal extends Error {}

/** As in the sandbox that transformers renders in. Source: MAX_RANGE of jinja2/sandbox.py */
const longestRange = 100_000;

/** The text that a template makes of `values`, with the functions that transformers' apply_chat_template gives it. */
export function renderTemplate(template: ParsedTemplate, values: Record<string, unknown>, now: Date): string {
  const environment = new Environment();
  const globals: Record<string, unknown> = {
    true: true,
    True: true,
    false: false,
    False: false,
    none: null,
    None: null,
    range,
    raise_exception: (message: unknown) => {
      throw new TemplateRefusal(String(message));
    },
    strftime_now: (format: string) => strftime(now, format),
  };
  for (const [name, value] of Object.entries({ ...globals, ...values })) environment.set(name, value);
  return interpret(template, environment);
}

/** Python's range. */
function range(...bounds: number[]): number[] {
  const [start, stop, step = 1] = bounds.length === 1 ? [0, bounds[0]!] : (bounds as [number, number, number?]);
  if (![start, stop, step].every(Number.isInteger) || step === 0) throw new Error('range() needs whole numbers and a step that is not 0');
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (length > longestRange) throw new Error(`range() of ${length} numbers is longer than ${longestRange}`);
  return Array.from({ length }, (_, index) => start + index * step);
}
