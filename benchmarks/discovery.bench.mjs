// Finding handlers among 1,000 packages: with an empty cache, and with one that holds.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HandlerRegistry } from '@llmi/core';
import { alternate, median, timed } from './measure.mjs';

const packages = 1000;

export default async function bench() {
  const root = mkdtempSync(join(tmpdir(), 'llmi-bench-'));
  try {
    fill(root);
    const discover = async (home) => {
      const { handlers } = await HandlerRegistry.discover({ projectDir: root, home });
      if (handlers.length !== packages / 10) throw new Error(`found ${handlers.length} handlers`);
    };
    const warm = join(root, 'warm');
    await discover(warm);
    let round = 0;
    const times = await alternate(
      { cold: () => timed(() => discover(join(root, `cold-${round++}`))), warm: () => timed(() => discover(warm)) },
      { repetitions: 9, warmups: 2 },
    );
    return [
      { name: 'discovery, 1,000 packages, cold', value: median(times.cold), unit: 'ms', target: 150, atLeast: false, detail: '100 of them handlers, 200 in scopes' },
      { name: 'discovery, 1,000 packages, warm', value: median(times.warm), unit: 'ms', target: 15, atLeast: false, detail: 'the same, from the cache' },
    ];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function fill(root) {
  const filler = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`dependency-${index}`, '^1.0.0']));
  for (let index = 0; index < packages; index++) {
    const name = index % 5 === 0 ? `@scope-${index % 50}/package-${index}` : `package-${index}`;
    const handler = { name: `handler-${index}`, entry: './index.js', tasks: ['text-generation'], match: { modelTypes: [`type-${index}`] } };
    const llmi = index % 10 === 0 ? { llmi: { apiVersion: 1, handlers: [handler] } } : {};
    const folder = join(root, 'node_modules', name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version: '1.0.0', dependencies: filler, ...llmi }, null, 2));
  }
}
