// A whole picture of 256 x 256 against diffusers' own ONNX pipeline in Python over the same files with as many threads, each in a process of its own and warmed up;
// and the share of the time that is spent outside the graphs. PYTHON names an interpreter with diffusers, torch, onnx and onnxruntime.
import { execFileSync } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { alternate, median, spread } from './measure.mjs';

const steps = 5;
const target = 1;
const { PYTHON } = process.env;
const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const run = (program, file, ...args) => execFileSync(program, [path(`arms/${file}`), ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

/** Path of the model; made on first use and kept outside git. */
function randomDiffusion() {
  const folder = path('.cache/random-diffusion');
  if (existsSync(folder)) return folder;
  rmSync(`${folder}.part`, { recursive: true, force: true });
  execFileSync(PYTHON, [path('models/random_diffusion.py'), `${folder}.part`], { stdio: ['ignore', 'ignore', 'inherit'] });
  renameSync(`${folder}.part`, folder);
  return folder;
}

export default async function bench() {
  if (!PYTHON) return [{ name: 'a picture / diffusers over ONNX', value: NaN, unit: 'ratio', detail: 'skipped: set PYTHON to an interpreter with diffusers, torch, onnx and onnxruntime' }];
  const args = [randomDiffusion(), String(steps), String(availableParallelism())];
  const runs = await alternate(
    { diffusers: () => Number(run(PYTHON, 'diffusers-onnx.py', ...args)), llmi: () => JSON.parse(run(process.execPath, 'llmi-diffusion.mjs', ...args)) },
    { repetitions: 5, warmups: 0 },
  );
  const [ours, theirs] = [median(runs.llmi.map(({ totalMs }) => totalMs)), median(runs.diffusers)];
  const outside = median(runs.llmi.map(({ totalMs, outsideMs }) => outsideMs / totalMs));
  return [
    { name: 'a picture / diffusers over ONNX', value: theirs / ours, unit: 'ratio', target, atLeast: true, detail: `${steps} steps: ${(ours / 1000).toFixed(2)} and ${(theirs / 1000).toFixed(2)} s, spread ${(100 * spread(runs.diffusers)).toFixed(0)} %` },
    { name: 'time outside the graphs, PNG included', value: 100 * outside, unit: '%', target: 2, atLeast: false, detail: `of ${(ours / 1000).toFixed(2)} s` },
  ];
}
