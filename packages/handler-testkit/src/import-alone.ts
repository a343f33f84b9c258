import { spawn } from 'node:child_process';
import { pathToFileURL } from 'node:url';

/** What importing a module in a process of its own does. */
interface ImportEffects {
  printed: string; // on stdout and stderr
  native: string[]; // addons that are loaded afterwards
  ended: boolean; // the process, by itself
}

/** Exit code of a process that something kept alive after the import. */
const keptAlive = 86;

/** Its timer keeps no process alive: it only runs out where something else does. */
const program = `
await import(process.argv[1]);
process.report.excludeNetwork = true;
setTimeout(() => process.exit(${keptAlive}), Number(process.argv[2])).unref();
const native = process.report.getReport().sharedObjects.filter((path) => path.endsWith('.node'));
(await import('node:fs')).writeSync(3, JSON.stringify(native));
`;

const known = new Map<string, Promise<ImportEffects>>();

/**
 * Imports a module in a new process, and waits so many milliseconds for its end. The answer is kept.
 * @throws {Error} with what it printed when importing fails
 */
export function importAlone(path: string, patienceMs: number): Promise<ImportEffects> {
  const found = known.get(path) ?? run(path, patienceMs);
  known.set(path, found);
  return found;
}

function run(path: string, patienceMs: number): Promise<ImportEffects> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, pathToFileURL(path).href, String(patienceMs)], { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
  let [printed, answer] = ['', ''];
  child.stdout!.on('data', (data: Buffer) => (printed += data.toString()));
  child.stderr!.on('data', (data: Buffer) => (printed += data.toString()));
  child.stdio[3]!.on('data', (data: Buffer) => (answer += data.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (answer === '') reject(new Error(`Importing ${path} failed (${signal ?? code}): ${printed}`));
      else resolve({ printed, native: JSON.parse(answer) as string[], ended: code !== keptAlive });
    });
  });
}
