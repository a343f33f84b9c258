import { createRequire } from 'node:module';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { failedChecks, reportOf } from '../support/broken.js';
import { packageFolder } from '../support/our-handler.js';

interface PackageJson {
  keywords: string[];
  llmi: { apiVersion: number; handlers: [{ name: string; entry: string; match: object; tasks: string[] }] };
}

/** package.json with something done to it. */
const changed = (change: (content: PackageJson) => void) => ({
  'package.json': (text: string) => {
    const content = JSON.parse(text) as PackageJson;
    change(content);
    return JSON.stringify(content);
  },
});
const changedManifest = (change: (manifest: PackageJson['llmi']['handlers'][0]) => void) => changed(({ llmi }) => change(llmi.handlers[0]));
const before = (line: string) => ({ 'index.js': (text: string) => `${line}\n${text}` });
const nativeLibrary = createRequire(join(packageFolder('runtime-onnx'), 'package.json')).resolve('onnxruntime-node');

beforeEach(() => void vi.spyOn(console, 'log').mockImplementation(() => undefined));

describe('a sound handler', () => {
  it('passes', async () => {
    const report = await reportOf();
    expect(report.failures).toEqual([]);
    expect(report.ok).toBe(true);
  });

  it('fills the checklist in', async () => {
    const text = String(await reportOf());
    expect(text).toMatch(/^Handler "sound"\n\[x\] extends BaseHandler \(1 of 1\)\n/);
    expect(text.match(/\[x\]/g)).toHaveLength(12);
    expect(String(await reportOf(undefined, { 'README.md': '' }))).toContain('[ ] is documented (0 of 1)\n    a README says what it is\n        README.md is missing, or has no title.');
  });
});

describe('a package fails that', () => {
  it.each([
    ['speaks another version of the contract', changed(({ llmi }) => (llmi.apiVersion = 2)), 'package.json introduces the handler'],
    ['has another name in its manifest', changedManifest((manifest) => (manifest.name = 'other')), 'package.json introduces the handler'],
    ['lacks the keyword', changed((content) => (content.keywords = [])), 'package.json introduces the handler'],
    ['has no entry', changedManifest((manifest) => (manifest.entry = './missing.js')), 'the entry exports what defineHandler made'],
    ['exports something else', { 'index.js': 'export default {};' }, 'the entry exports what defineHandler made'],
    ['loads a native module at once', before(`import ${JSON.stringify(nativeLibrary)};`), 'importing the entry loads nothing native, and lets the process end'],
    ['keeps its process alive', before('setInterval(() => undefined, 1000);'), 'importing the entry loads nothing native, and lets the process end'],
    ['prints when it is imported', before("console.log('hello');"), 'importing the entry prints nothing'],
    ['has no README', { 'README.md': '' }, 'a README says what it is'],
    ['does not take its model', changedManifest((manifest) => (manifest.match = { files: ['other.json'] })), 'its manifest takes the model'],
    ['takes every model', changedManifest((manifest) => (manifest.match = { files: ['*'] })), 'a model of no kind is not taken'],
    ['declares other tasks', changedManifest((manifest) => (manifest.tasks = ['translation'])), 'its tasks are those of its manifest'],
  ])('%s', async (_breakage, changes, check) => {
    expect(await failedChecks(undefined, changes)).toContain(check);
  });
});
