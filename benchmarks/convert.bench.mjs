// Conversion of a model of 1 GB: time against the reference converter when PYTHON and CONVERT_HF_TO_GGUF name one, else against a
// plain copy of the same file; and the most memory that the process takes.
import { spawn } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { alternate, median, spread, timed } from './measure.mjs';
import { randomSafetensors } from './models/random-safetensors.mjs';

const { PYTHON, CONVERT_HF_TO_GGUF } = process.env;
const arm = fileURLToPath(new URL('arms/convert.mjs', import.meta.url));

export default async function bench() {
  const folder = await randomSafetensors();
  const results = [];
  for (const type of ['BF16', 'F16', 'Q8_0']) results.push(...(await compare(folder, type)));
  return results;
}

async function compare(folder, type) {
  const target = join(folder, '..', `converted-${type}.gguf`);
  const peaks = [];
  const reference = PYTHON && CONVERT_HF_TO_GGUF;
  const other = reference
    ? () => run(PYTHON, [CONVERT_HF_TO_GGUF, folder, '--outfile', target, '--outtype', type.toLowerCase()])
    : async () => copyFileSync(join(folder, 'model.safetensors'), target);
  try {
    const runs = await alternate(
      {
        llmi: () => timed(async () => peaks.push(Number(await run(process.execPath, [arm, folder, target, type])))),
        other: () => timed(other),
      },
      { repetitions: 5, warmups: 1 },
    );
    const against = reference ? 'convert_hf_to_gguf.py' : 'a copy of the file';
    const detail = `0.5B parameters in BF16: ${(median(runs.llmi) / 1000).toFixed(1)} and ${(median(runs.other) / 1000).toFixed(1)} s, spread ${(100 * spread(runs.other)).toFixed(0)} %`;
    const ratio = { name: `conversion to ${type} / ${against}`, value: median(runs.other) / median(runs.llmi), unit: 'ratio', detail };
    return [reference ? { ...ratio, target: 1, atLeast: true } : ratio, { name: `memory of a conversion to ${type}`, value: Math.max(...peaks) / 1e6, unit: 'MB', target: 300, atLeast: false, detail: 'the most resident at any time' }];
  } finally {
    rmSync(target, { force: true });
  }
}

/** What a program prints, once it has ended well. */
function run(program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, errors] = ['', ''];
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (errors = (errors + chunk).slice(-2000)));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(out.trim()) : reject(new Error(`${program} ended with ${code}: ${errors}`))));
  });
}
