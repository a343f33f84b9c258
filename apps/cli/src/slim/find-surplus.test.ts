import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findSurplus, type NativeTarget } from './find-surplus.js';

let root: string;
let modules: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'llmi-slim-'));
  modules = join(root, 'node_modules');
  for (const name of ['linux-x64', 'linux-x64-cuda', 'linux-x64-cuda-ext', 'linux-x64-vulkan', 'linux-arm64', 'mac-arm64-metal', 'win-x64']) add(`@node-llama-cpp/${name}/bins/lib.node`);
  for (const name of ['linux/x64', 'linux/arm64', 'darwin/arm64', 'win32/x64']) add(`onnxruntime-node/bin/napi-v6/${name}/lib.node`);
  add('llmi/package.json');
  add('sharp/index.js');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function add(path: string): void {
  mkdirSync(join(modules, path, '..'), { recursive: true });
  writeFileSync(join(modules, path), 'x'.repeat(10));
}
const found = (target: Partial<NativeTarget>) => findSurplus(join(modules, 'llmi/'), { platform: 'linux', arch: 'x64', cuda: false, vulkan: false, ...target });
const names = (target: Partial<NativeTarget>) => found(target).map(({ path }) => path.slice(modules.length + 1).replaceAll('\\', '/').replace('onnxruntime-node/bin/napi-v6', 'onnx').replace('@node-llama-cpp', 'llama')).sort();

describe('native parts for other machines', () => {
  it('are those of other systems, and of GPUs where there are none', () => {
    expect(names({})).toEqual(['llama/linux-arm64', 'llama/linux-x64-cuda', 'llama/linux-x64-cuda-ext', 'llama/linux-x64-vulkan', 'llama/mac-arm64-metal', 'llama/win-x64', 'onnx/darwin/arm64', 'onnx/linux/arm64', 'onnx/win32/x64']);
    expect(names({ vulkan: true })).not.toContain('llama/linux-x64-vulkan');
    expect(names({ cuda: true, vulkan: true }).filter((name) => name.includes('linux-x64'))).toEqual([]);
    expect(names({ platform: 'darwin', arch: 'arm64' })).not.toContain('llama/mac-arm64-metal');
    expect(found({}).every(({ bytes }) => bytes === 10)).toBe(true);
  });

  it('lie below llmi itself in a global installation', () => {
    add('llmi/node_modules/@node-llama-cpp/linux-x64-cuda/lib.node');
    expect(names({})).toContain('llmi/node_modules/llama/linux-x64-cuda');
  });

  it('are not looked for where another program keeps the packages', () => {
    mkdirSync(join(modules, '.pnpm'));
    expect(() => found({})).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error);
    expect(() => findSurplus(join(root, 'src', 'llmi'), { platform: 'linux', arch: 'x64', cuda: false, vulkan: false })).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error);
  });
});
