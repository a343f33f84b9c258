// One step of a scheduler for a 1x4x128x128 latent against NumPy's time for the same formula, each in a process of its own and warmed up.
// PYTHON names an interpreter that has NumPy.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { alternate, median } from './measure.mjs';

const repetitions = '400';
const formulas = { euler: 'Euler', dpmpp2m: 'DPM++ 2M' };
const arm = (program, file, formula) => Number(execFileSync(program, [fileURLToPath(new URL(`arms/${file}`, import.meta.url)), formula, repetitions], { encoding: 'utf8' }));

export default async function bench() {
  const python = process.env.PYTHON;
  if (!python) return [{ name: 'scheduler step / NumPy', value: NaN, unit: 'ratio', detail: 'skipped: set PYTHON to an interpreter with NumPy' }];
  const rows = [];
  for (const [formula, name] of Object.entries(formulas)) {
    const times = await alternate(
      { numpy: () => arm(python, 'numpy-scheduler.py', formula), llmi: () => arm(process.execPath, 'llmi-scheduler.mjs', formula) },
      { repetitions: 7, warmups: 1 },
    );
    const [numpy, llmi] = [median(times.numpy), median(times.llmi)];
    rows.push({ name: `${name} step / NumPy, 1x4x128x128`, value: llmi / numpy, unit: 'ratio', target: 1.5, atLeast: false, detail: `${llmi.toFixed(0)} and ${numpy.toFixed(0)} us` });
  }
  return rows;
}
