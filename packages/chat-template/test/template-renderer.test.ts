import { afterEach, describe, expect, it } from 'vitest';
import { TemplateRenderer } from '../src/template-renderer.js';

let renderer: TemplateRenderer;
afterEach(() => renderer[Symbol.asyncDispose]());
const failed = (hint: RegExp) => expect.objectContaining({ code: 'TEMPLATE_FAILED', hint: expect.stringMatching(hint) as string }) as Error;

describe('rendering in a thread', () => {
  it('gives the texts in order', async () => {
    renderer = new TemplateRenderer('{{ n }}!');
    expect(await Promise.all([1, 2, 3].map((n) => renderer.render({ n })))).toEqual(['1!', '2!', '3!']);
  });

  it('passes on what the template refuses', async () => {
    renderer = new TemplateRenderer("{{ raise_exception('Only user roles, please.') }}");
    await expect(renderer.render({})).rejects.toEqual(failed(/Only user roles, please\./));
    await expect(renderer.render({})).rejects.toMatchObject({ param: 'messages' });
  });

  it('tells a broken template from a refusal', async () => {
    renderer = new TemplateRenderer('{% for %}');
    await expect(renderer.render({})).rejects.toMatchObject({ code: 'TEMPLATE_FAILED', message: expect.stringContaining('fails') as string });
  });

  it('ends an endless template, and goes on with the next', async () => {
    renderer = new TemplateRenderer('{% for a in range(n) %}{% for b in range(n) %}{% endfor %}{% endfor %}{{ n }}', { timeLimitMs: 400 });
    const endless = renderer.render({ n: 100000 });
    const next = renderer.render({ n: 0 });
    await expect(endless).rejects.toMatchObject({ code: 'TEMPLATE_FAILED', message: expect.stringContaining('400 ms') as string });
    expect(await next).toBe('0');
  });

  it('survives a template that eats memory', async () => {
    renderer = new TemplateRenderer('{% set ns = namespace(a=[1, 2, 3]) %}{% for i in range(40) %}{% set ns.a = ns.a + ns.a %}{% endfor %}{{ ns.a | length }}', { timeLimitMs: 20_000 });
    await expect(renderer.render({})).rejects.toMatchObject({ code: 'TEMPLATE_FAILED', message: expect.stringContaining('1000000 items') as string });
  });

  it.each(["{% set ns = namespace(a='xy') %}{% for i in range(60) %}{% set ns.a = ns.a + ns.a %}{% endfor %}{{ ns.a }}", "{{ 'ab' * 100000000000 }}", '{{ range(1000000000) }}'])('refuses to write without end: %s', async (template) => {
    renderer = new TemplateRenderer(template);
    await expect(renderer.render({})).rejects.toMatchObject({ code: 'TEMPLATE_FAILED' });
  });

  it('cannot reach the program around it', async () => {
    renderer = new TemplateRenderer("{{ messages.constructor }}{{ ''.__proto__ }}{{ process }}{{ globalThis }}{{ require }}");
    expect(await renderer.render({ messages: [] })).toBe('');
  });

  it('refuses what comes after the end', async () => {
    renderer = new TemplateRenderer('a');
    await renderer[Symbol.asyncDispose]();
    await expect(renderer.render({})).rejects.toMatchObject({ code: 'MODEL_DISPOSED' });
  });
});
