// One handler as a library: packed as it would be published, installed into an empty folder, and what it weighs there.
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const needed = ['core', 'runtime-onnx', 'handler-embedding'];
const foreign = ['node-llama-cpp', '@huggingface/transformers', 'sharp', '@llmi/runtime-llama-cpp', '@llmi/engine', 'fastify'];

export default async function bench() {
  const folder = mkdtempSync(join(tmpdir(), 'llmi-bench-'));
  try {
    const run = (command, args, cwd = folder) => execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const tarballs = needed.map((name) => JSON.parse(run('pnpm', ['pack', '--json', '--pack-destination', folder], join(root, 'packages', name))).filename);
    writeFileSync(join(folder, 'package.json'), '{ "name": "empty", "version": "1.0.0", "type": "module" }');
    run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...tarballs]);
    const modules = join(folder, 'node_modules');
    const present = foreign.filter((name) => lstatSync(join(modules, name), { throwIfNoEntry: false }));
    if (present.length > 0) throw new Error(`installed without need: ${present.join(', ')}`);
    const model = join(process.env.LLMI_SHARED ?? join(root, '..', 'shared'), 'fixtures/hub/llmi-fixtures/all-MiniLM-L6-v2');
    let answer = 'not run: no model at hand';
    if (lstatSync(model, { throwIfNoEntry: false })) {
      writeFileSync(
        join(folder, 'embed.js'),
        `import { loadEmbedder } from '@llmi/handler-embedding';\nconst embedder = await loadEmbedder(${JSON.stringify(model)});\nconst { embeddings } = await embedder.embedText({ texts: ['Hello'] });\nconsole.log(embeddings[0].length);\nawait embedder[Symbol.asyncDispose]();\n`,
      );
      answer = `an embedding of ${run(process.execPath, ['embed.js']).trim()} numbers`;
    }
    const megabytes = (path) => size(path) / 1e6;
    return [
      {
        name: 'library: core + handler-embedding on disk',
        value: megabytes(modules),
        unit: 'MB',
        detail: `onnxruntime-node ${megabytes(join(modules, 'onnxruntime-node')).toFixed(0)} MB, ours ${(megabytes(join(modules, '@llmi'))).toFixed(2)} MB; ${answer}`,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function size(path) {
  const status = lstatSync(path);
  return status.isDirectory() ? readdirSync(path).reduce((sum, name) => sum + size(join(path, name)), 0) : status.size;
}
