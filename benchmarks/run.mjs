// pnpm bench [NAME...]: runs the benchmarks, prints one table and writes results.json. Ratios only: both sides in one run,
// medians of at least five alternating repetitions.
import { readdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';

const folder = new URL('.', import.meta.url);
const wanted = process.argv.slice(2);
const files = readdirSync(folder).filter((file) => file.endsWith('.bench.mjs') && (wanted.length === 0 || wanted.some((name) => file.startsWith(name))));
const results = [];
for (const file of files) {
  process.stderr.write(`${file} ...\n`);
  const { default: bench } = await import(new URL(file, folder));
  results.push(...(await bench()));
}

const columns = ['benchmark', 'result', 'target', 'reached', 'how'];
const rows = results.map(({ name, value, unit, target, atLeast, within, detail }) => {
  const [least, most] = within ?? (atLeast ? [target, Infinity] : [-Infinity, target]);
  const aim = within ? `${least} to ${most}` : target === undefined ? '' : `${atLeast ? 'at least' : 'at most'} ${target}`;
  return [name, `${value.toFixed(unit === 'ratio' ? 3 : 1)}${unit === 'ratio' ? '' : ` ${unit}`}`, aim, aim === '' ? '' : value >= least && value <= most ? 'yes' : 'NO', detail];
});
const widths = columns.map((column, index) => Math.max(column.length, ...rows.map((row) => row[index].length)));
for (const row of [columns, widths.map((width) => '-'.repeat(width)), ...rows]) console.log(row.map((cell, index) => cell.padEnd(widths[index])).join('  ').trimEnd());
const machine = { cpu: cpus()[0]?.model, cores: cpus().length, load: loadavg(), node: process.versions.node };
writeFileSync(fileURLToPath(new URL('results.json', folder)), `${JSON.stringify({ date: new Date().toISOString(), machine, results }, null, 2)}\n`);
