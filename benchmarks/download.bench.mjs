// A download, verification included, against curl (one large file, not verified) and Python's snapshot_download (many files, not
// verified), all from the loopback hub ../shared/hub. Each arm is a process of its own; starting it is not counted.
import { execFile, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { alternate, median } from './measure.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const hubd = join(process.env.LLMI_SHARED ?? here('../../shared'), 'hub', 'hubd.py');
const python = process.env.PYTHON; // an interpreter with huggingface_hub
const root = here('.cache/hub');
const largeBytes = 2e9;
const run = async (program, args, env = {}) => (await promisify(execFile)(program, args, { env: { ...process.env, ...env } })).stdout;

/** `[name]: bytes` as files of random bytes, made once. */
function makeRepository(id, files) {
  for (const [path, bytes] of Object.entries(files)) {
    const place = join(root, id, path);
    if (existsSync(place) && statSync(place).size === bytes) continue;
    mkdirSync(join(place, '..'), { recursive: true });
    const file = openSync(place, 'w');
    for (let left = bytes; left > 0; left -= 1 << 24) writeSync(file, randomBytes(Math.min(left, 1 << 24)));
    closeSync(file);
  }
}

async function startHub() {
  const server = spawn('python3', [hubd, '--root', root], { stdio: ['ignore', 'pipe', 'inherit'] });
  const endpoint = await new Promise((resolve) => server.stdout.on('data', (text) => /listening (\S+)/.exec(text) && resolve(/listening (\S+)/.exec(text)[1])));
  return { server, endpoint };
}

export default async function bench() {
  if (!existsSync(hubd) || spawnSync('curl', ['--version']).status !== 0) {
    process.stderr.write('download: skipped, needs the loopback hub (LLMI_SHARED) and curl\n');
    return [];
  }
  makeRepository('org/large', { 'model.onnx': largeBytes });
  const small = Array.from({ length: 20 }, (_, index) => [`config-${index}.json`, 2000 + 500 * index]);
  const weights = Array.from({ length: 20 }, (_, index) => [`shard-${index}.onnx`, 4e6 + 1e6 * index]);
  makeRepository('org/many', Object.fromEntries([...small, ...weights]));
  for (const id of ['large', 'many']) writeFileSync(join(root, 'org', id, '.gitattributes'), '*.onnx filter=lfs diff=lfs merge=lfs -text\n');
  const { server, endpoint } = await startHub();
  const target = mkdtempSync(join(tmpdir(), 'llmi-bench-'));
  const fresh = async (work) => {
    rmSync(target, { recursive: true, force: true });
    mkdirSync(target);
    return work();
  };
  const llmi = (id) => () => fresh(async () => JSON.parse(await run(process.execPath, [here('arms/download.mjs'), endpoint, id, target])));
  const curl = () => fresh(() => run('curl', ['-sfL', '-o', join(target, 'file'), '-w', '%{time_total}', `${endpoint}/org/large/resolve/main/model.onnx`]));
  const peer = () => fresh(() => run(python, [here('arms/snapshot-download.py'), 'org/many', target], { HF_ENDPOINT: endpoint, HF_HUB_DISABLE_PROGRESS_BARS: '1', HF_HUB_DISABLE_TELEMETRY: '1' }));
  try {
    const large = await alternate({ curl, llmi: llmi('org/large') });
    const seconds = (values) => median(values.map((value) => (typeof value === 'string' ? Number(value) : value.seconds)));
    const results = [
      {
        name: 'download: one 2 GB file, rate to curl',
        value: seconds(large.curl) / seconds(large.llmi),
        unit: 'ratio',
        target: 0.9,
        atLeast: true,
        detail: `${(largeBytes / 1e6 / seconds(large.llmi)).toFixed(0)} MB/s, hashed; curl writes ${(largeBytes / 1e6 / seconds(large.curl)).toFixed(0)} MB/s`,
      },
    ];
    if (python === undefined) process.stderr.write('download: 40 files skipped, PYTHON names no interpreter with huggingface_hub\n');
    const many = await alternate(python === undefined ? { llmi: llmi('org/many') } : { peer, llmi: llmi('org/many') });
    if (python !== undefined) {
      results.push({
        name: "download: 40 files, rate to Python's snapshot_download",
        value: seconds(many.peer) / seconds(many.llmi),
        unit: 'ratio',
        target: 1,
        atLeast: true,
        detail: `${seconds(many.llmi).toFixed(2)} s with inspect() and verified; Python ${seconds(many.peer).toFixed(2)} s`,
      });
    }
    const memoryBytes = Math.max(...[...large.llmi, ...many.llmi].map((end) => end.memoryBytes));
    results.push({ name: 'download: peak memory', value: memoryBytes / 1e6, unit: 'MB', target: 150, atLeast: false, detail: 'resident, the whole process, the worst of all repetitions' });
    return results;
  } finally {
    server.kill();
    rmSync(target, { recursive: true, force: true });
  }
}
