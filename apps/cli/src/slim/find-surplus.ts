import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { LlmiError } from '@llmi/core';

/** Where the native parts have to run. */
export interface NativeTarget {
  platform: NodeJS.Platform;
  arch: string;
  /** An NVIDIA GPU is there. */
  cuda: boolean;
  /** A GPU of any kind is there, or nobody can tell. */
  vulkan: boolean;
}

/** A folder that is of no use on the machine. */
export interface Surplus {
  path: string;
  bytes: number;
  why: string;
}

/** How node-llama-cpp calls systems, in the names of its packages: `linux-x64-cuda`. */
const systems: Partial<Record<NodeJS.Platform, string>> = { linux: 'linux', darwin: 'mac', win32: 'win' };

/**
 * Native parts in the folder that llmi was installed into which run on other machines alone: npm cannot tell whether a GPU is there, and
 * ONNX Runtime brings every system in one package.
 * @throws {LlmiError} USAGE where npm has not installed it
 */
export function findSurplus(packageFolder: string, target: NativeTarget): Surplus[] {
  const modules = dirname(packageFolder.replace(/[/\\]$/, ''));
  if (basename(modules) !== 'node_modules' || existsSync(join(modules, '.pnpm')) || basename(dirname(dirname(modules))) === '.pnpm') {
    throw new LlmiError('USAGE', { message: 'This llmi was not installed by npm.', hint: 'pnpm and Yarn have "supportedArchitectures" for that; see their documentation.' });
  }
  const roots = [join(packageFolder, 'node_modules'), modules]; // of a global installation, and of one in a project
  return roots.flatMap((root) => [...surplusOfLlama(root, target), ...surplusOfOnnx(root, target)]);
}

function surplusOfLlama(modules: string, { platform, arch, cuda, vulkan }: NativeTarget): Surplus[] {
  const own = `${systems[platform] ?? platform}-${arch}`;
  const folders = [join(modules, '@node-llama-cpp'), join(modules, 'node-llama-cpp', 'node_modules', '@node-llama-cpp')];
  return folders.flatMap((folder) =>
    foldersIn(folder).flatMap((name) => {
      const isOwn = name === own || name.startsWith(`${own}-`);
      const why = !isOwn ? `it is not for ${own}` : name.includes('-cuda') && !cuda ? 'there is no NVIDIA GPU' : name.includes('-vulkan') && !vulkan ? 'there is no GPU' : undefined;
      return why === undefined ? [] : [{ path: join(folder, name), bytes: sizeOf(join(folder, name)), why }];
    }),
  );
}

function surplusOfOnnx(modules: string, { platform, arch }: NativeTarget): Surplus[] {
  const bin = join(modules, 'onnxruntime-node', 'bin');
  return foldersIn(bin).flatMap((version) =>
    foldersIn(join(bin, version)).flatMap((system) =>
      foldersIn(join(bin, version, system)).flatMap((machine) => {
        const path = join(bin, version, system, machine);
        return system === platform && machine === arch ? [] : [{ path, bytes: sizeOf(path), why: `it is not for ${platform}-${arch}` }];
      }),
    ),
  );
}

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

function sizeOf(path: string): number {
  const status = lstatSync(path);
  return status.isDirectory() ? readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0) : status.size;
}
