import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';

const packageFolder = join(import.meta.dirname, '..', '..');

/** This package's source as JavaScript, for tests that need a process to kill. Lies where its dependencies are found. */
export class CompiledSource implements AsyncDisposable {
  private constructor(private readonly folder: string) {}

  static async make(): Promise<CompiledSource> {
    const source = join(packageFolder, 'src');
    const folder = join(packageFolder, 'node_modules', `.compiled-${process.pid}`);
    for (const path of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
      if (!path.endsWith('.ts') || path.endsWith('.test.ts')) continue;
      const { outputText } = ts.transpileModule(readFileSync(join(source, path), 'utf8'), {
        compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
      });
      const place = join(folder, path.replace(/\.ts$/, '.js'));
      await mkdir(dirname(place), { recursive: true });
      await writeFile(place, outputText);
    }
    await writeFile(join(folder, 'package.json'), '{"type": "module"}');
    return new CompiledSource(folder);
  }

  /** Address of a module of the source: `index`. */
  module(name: string): string {
    return pathToFileURL(join(this.folder, `${name}.js`)).href;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
