import { mkdtemp, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseReference } from './reference.js';

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'llmi-reference-'));
  await mkdir(join(cwd, 'org', 'model'), { recursive: true });
  await writeFile(join(cwd, 'org', 'model', 'config.json'), '{}');
  await mkdir(join(cwd, 'org', 'empty'));
  await writeFile(join(cwd, 'tiny-Q8_0.gguf'), '');
  await writeFile(join(cwd, 'notes.txt'), '');
});

describe('names of the hub', () => {
  it.each([
    ['org/name', { id: 'org/name' }],
    ['gpt2', { id: 'gpt2' }],
    ['org/name:Q8_0', { id: 'org/name', quantization: 'Q8_0' }],
    ['org/name@v1.0', { id: 'org/name', revision: 'v1.0' }],
    ['org/name@refs/pr/3', { id: 'org/name', revision: 'refs/pr/3' }],
    ['org/name:Q8_0@main', { id: 'org/name', quantization: 'Q8_0', revision: 'main' }],
    [' Qwen/Qwen3-0.6B-GGUF ', { id: 'Qwen/Qwen3-0.6B-GGUF' }],
    ['https://huggingface.co/org/name', { id: 'org/name' }],
    ['hf.co/org/name:Q4_K_M', { id: 'org/name', quantization: 'Q4_K_M' }],
    ['https://hf.co/org/name/tree/dev', { id: 'org/name', revision: 'dev' }],
    ['https://huggingface.co/org/name/blob/main/sub/x-Q5_K_M.gguf?download=true', { id: 'org/name', revision: 'main', quantization: 'Q5_K_M' }],
    ['org/empty', { id: 'org/empty' }],
  ])('reads %s', (text, expected) => {
    expect(parseReference(text, cwd)).toEqual({ kind: 'hub', ...expected });
  });
});

describe('paths', () => {
  it('prefers an existing folder that holds a model to a name of the hub', () => {
    expect(parseReference('org/model', cwd)).toEqual({ kind: 'folder', path: join(cwd, 'org', 'model') });
  });

  it('takes ./ and / as paths, whatever is in them', () => {
    expect(parseReference('./org/empty', cwd)).toEqual({ kind: 'folder', path: join(cwd, 'org', 'empty') });
    expect(parseReference(join(cwd, 'org'), cwd)).toEqual({ kind: 'folder', path: join(cwd, 'org') });
    expect(parseReference('.', cwd)).toEqual({ kind: 'folder', path: cwd });
  });

  it('takes a model file by its ending, and by a file address', () => {
    const path = join(cwd, 'tiny-Q8_0.gguf');
    expect(parseReference('tiny-Q8_0.gguf', cwd)).toEqual({ kind: 'file', path });
    expect(parseReference(pathToFileURL(path).href, cwd)).toEqual({ kind: 'file', path });
  });

  it.each(['./nothing', 'nothing.gguf', '/nothing/at/all'])('says that nothing is at %s', (text) => {
    expect(() => parseReference(text, cwd)).toThrow(expect.objectContaining({ code: 'MODEL_NOT_FOUND' }));
  });
});

it.each([
  '', '   ', '~/models/x', './notes.txt', 'a b/c', 'org/name/extra', 'org//name', '../..\0', 'org/x..y', 'org/.hidden', 'org/a--b',
  'org/name:', 'org/name@', 'org/name@../x', 'https://example.com/org/name', 'https://huggingface.co/datasets/org/name', 'x'.repeat(5000), 'x'.repeat(300),
])('refuses %j with a hint', (text) => {
  expect(() => parseReference(text, cwd)).toThrow(expect.objectContaining({ code: 'MODEL_REFERENCE_INVALID', hint: expect.any(String) }));
});
