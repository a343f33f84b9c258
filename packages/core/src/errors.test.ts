import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorKinds, isAbort, LlmiError, type ErrorCode } from './errors.js';

const page = new URL('../../../docs/errors.md', import.meta.url);

describe('LlmiError', () => {
  it.skipIf(!existsSync(page))('has every code on the errors page, with its status and exit code, and no other is there', () => {
    const rows = [...readFileSync(page, 'utf8').matchAll(/^\| ([A-Z_]+) \| (\d+) \| (\d+) \|/gm)];
    const documented = Object.fromEntries(rows.map(([, code, status, exitCode]) => [code, { status: Number(status), exitCode: Number(exitCode) }]));
    expect(documented).toEqual(errorKinds);
  });

  it('is recognised across two copies of the package, and survives a process border', () => {
    const foreign = Object.assign(new Error('x'), { [Symbol.for('llmi.error')]: true, code: 'QUEUE_FULL' });
    expect(LlmiError.is(foreign)).toBe(true);
    expect(LlmiError.is(new Error('x'))).toBe(false);
    const error = new LlmiError('MODE_UNSUPPORTED', { message: 'No mode.', hint: 'Use auto.', param: 'mode', cause: new Error('secret') });
    const copy = LlmiError.fromJSON(JSON.parse(JSON.stringify(error)));
    expect(copy).toMatchObject({ code: 'MODE_UNSUPPORTED', message: 'No mode.', hint: 'Use auto.', param: 'mode', status: 400, exitCode: 2 });
    expect(copy.cause).toBeUndefined();
  });

  it('takes an unknown code of a newer process as our own fault', () => {
    expect(LlmiError.fromJSON({ code: 'FROM_THE_FUTURE' as ErrorCode, message: 'x' }).code).toBe('INTERNAL');
  });

  it('wraps what is not ours and leaves ours alone', () => {
    const ours = new LlmiError('QUEUE_FULL', { message: 'x' });
    expect(LlmiError.from(ours)).toBe(ours);
    expect(LlmiError.from(new TypeError('oops'), 'MODEL_LOAD_FAILED')).toMatchObject({ code: 'MODEL_LOAD_FAILED', message: 'oops', cause: expect.any(TypeError) as unknown });
  });
});

describe('isAbort', () => {
  it('knows the reason of a signal, whatever it is', () => {
    const controller = new AbortController();
    controller.abort('enough');
    expect(isAbort('enough', controller.signal)).toBe(true);
    expect(isAbort(new DOMException('x', 'AbortError'))).toBe(true);
    expect(isAbort(new Error('x'), controller.signal)).toBe(false);
  });
});
