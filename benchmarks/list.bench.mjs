// What a list of a thousand installed models costs: against `node -e 0`, with the index of an earlier list and without one.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cli } from './arms/server.mjs';
import { alternate, median, timed } from './measure.mjs';

const modelCount = 1000;

export default async function bench() {
  const home = mkdtempSync(join(tmpdir(), 'llmi-bench-'));
  try {
    for (let number = 0; number < modelCount; number++) writeModel(home, number);
    const run = (args) => () => timed(() => once(spawn(process.execPath, args, { env: { ...process.env, LLMI_HOME: home }, stdio: 'ignore' }), 'exit'));
    const list = run([cli, 'list']);
    const first = () => {
      rmSync(join(home, 'cache'), { recursive: true, force: true });
      return list();
    };
    const times = await alternate({ node: run(['-e', '0']), first, list }, { repetitions: 11, warmups: 2 });
    const node = median(times.node);
    return [
      { name: `llmi list, ${modelCount} models - node -e 0`, value: median(times.list) - node, unit: 'ms', target: 150, atLeast: false, detail: `node -e 0 takes ${node.toFixed(1)} ms` },
      { name: `the same without an index - node -e 0`, value: median(times.first) - node, unit: 'ms', detail: 'once, and after every model is written anew' },
    ];
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** An llmi.json as large as that of a usual language model: a listing of 20 files, its configuration, its chat template. */
function writeModel(home, number) {
  const id = `org-${number % 40}/model-${number}`;
  const folder = join(home, 'models', id.replace('/', '--'));
  const files = Array.from({ length: 20 }, (_, index) => ({ path: `file-${index}.json`, size_bytes: 1000 + index, git_sha1: ((number % 2) * 100 + index).toString(16).padStart(40, '0') }));
  const config = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`setting_${index}`, [index, 'a value of some length']]));
  const description = {
    name: id,
    id,
    revision: number.toString(16).padStart(40, '0'),
    source: 'hub',
    path: `/cache/${number}`,
    handler: { package: '@llmi/handler-transformer', name: 'transformer', version: '0.1.0' },
    info: { id, pipeline_tag: 'text-generation', quantization: 'Q8_0', files, json: { 'config.json': config }, text: { 'chat_template.jinja': '{% for message in messages %}'.repeat(150) } },
    requirements: {},
    files,
    size_bytes: 1e9 + number,
    installed_at: '2026-01-02T03:04:05.000Z',
    settings: {},
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'llmi.json'), JSON.stringify(description, null, 2));
}
