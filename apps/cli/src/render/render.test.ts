import { LlmiError } from '@llmi/core';
import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { createColours } from './colours.js';
import { asLlmiError } from './error.js';
import { toDocument } from './snake-case.js';
import { formatFacts, formatTable } from './table.js';
import { formatAgo, formatSeconds } from './units.js';

describe('units', () => {
  it('writes times as a clock does', () => {
    expect([0, 59, 187, 3729].map(formatSeconds)).toEqual(['0:00', '0:59', '3:07', '1:02:09']);
  });

  it('says how long ago something was', () => {
    const now = Date.parse('2025-03-10T12:00:00Z');
    expect(['2025-03-10T11:59:30Z', '2025-03-10T11:58:00Z', '2025-03-09T11:00:00Z', '2023-03-01T00:00:00Z', 'unknown'].map((time) => formatAgo(time, now))).toEqual([
      'just now',
      '2 minutes ago',
      '1 day ago',
      '2 years ago',
      'unknown',
    ]);
  });
});

describe('tables', () => {
  it('align by what is seen, colours left out', () => {
    const { red } = createColours(true);
    expect(red('ab')).not.toBe('ab');
    expect(formatTable(['A', 'B'], [[red('ab'), 'c'], ['abcd', 'e']])).toEqual(['A     B', `${red('ab')}    c`, 'abcd  e']);
  });

  it('leave out facts that are not known', () => {
    expect(formatFacts([['name', 'x'], ['task', undefined], ['longer', 'a\nb']])).toEqual(['name    x', 'longer  a\n        b']);
  });
});

describe('documents', () => {
  it('have keys in snake_case, except where keys are data', () => {
    expect(toDocument({ sizeBytes: 1, deep: [{ pipelineTag: 'x' }], json: { 'config.json': { hiddenSize: 2 } }, nothing: null })).toEqual({
      size_bytes: 1,
      deep: [{ pipeline_tag: 'x' }],
      json: { 'config.json': { hiddenSize: 2 } },
      nothing: null,
    });
  });

  it('hold an error as its code, message and hint', () => {
    expect(toDocument({ error: new LlmiError('DISK_FULL', { message: 'Full.', hint: 'Free some.' }) })).toEqual({ error: { code: 'DISK_FULL', message: 'Full.', hint: 'Free some.' } });
  });
});

describe('errors', () => {
  it.each([
    [new CommanderError(1, 'commander.unknownOption', "error: unknown option '--jsn'\n(Did you mean --json?)"), 'USAGE', 2, "Unknown option '--jsn'.", 'Did you mean --json?'],
    [Object.assign(new Error('write'), { code: 'ENOSPC' }), 'DISK_FULL', 4, 'No space is left on the disk.', expect.stringContaining('Free')],
    [Object.assign(new Error('open'), { code: 'EACCES', path: '/x' }), 'PERMISSION_DENIED', 1, 'The system denies access (/x).', expect.stringContaining('LLMI_HOME')],
    [new DOMException('stopped', 'AbortError'), 'CANCELLED', 130, 'Stopped.', undefined],
    [new TypeError('x is undefined'), 'INTERNAL', 1, 'x is undefined', expect.stringContaining('--verbose')],
  ])('become ours: %s', (error, code, exitCode, message, hint) => {
    expect(asLlmiError(error)).toMatchObject({ code, exitCode, message, hint });
  });
});
