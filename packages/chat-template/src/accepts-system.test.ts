import { describe, expect, it } from 'vitest';
import { acceptsSystem } from './accepts-system.js';

describe('a place for a system text', () => {
  it.each([
    ["{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] }}{% endfor %}", true],
    ['{% for m in messages %}{{ m.role ~ ": " ~ m.content }}{% endfor %}', true],
    ["{% if messages[0]['role'] == 'system' %}<<SYS>>{{ messages[0]['content'] }}<</SYS>>{% endif %}", true],
    ["{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}", false],
    ["{% for message in messages %}{% if message['role'] == 'user' %}[INST] {{ message['content'] }} [/INST]{% else %}{{ message['content'] }}{% endif %}{% endfor %}", false],
  ])('%s: %s', (template, expected) => {
    expect(acceptsSystem(template)).toBe(expected);
  });
});
