import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCreate } from '../src/index.js';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'llmi-create-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Run {
  code: number;
  printed: string;
}

/** Runs the command outside a terminal. */
async function create(...args: string[]): Promise<Run> {
  const output = new PassThrough();
  const code = await runCreate(args, { input: new PassThrough(), output, folder });
  return { code, printed: String(output.read() ?? '') };
}

/** Runs it in a terminal where these keys are pressed, one after the other. */
async function createByHand(args: string[], keys: string[]): Promise<Run> {
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => input });
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
  let printed = '';
  output.on('data', (data: Buffer) => (printed += data.toString()));
  let seen = 0;
  const pressing = setInterval(() => {
    if (printed.length === seen) return; // nobody presses a key before the last one has shown
    seen = printed.length;
    input.write(keys.shift() ?? '');
  }, 20);
  const code = await runCreate(args, { input, output, folder }).finally(() => clearInterval(pressing));
  return { code, printed };
}

const read = (path: string) => readFileSync(join(folder, path), 'utf8');

describe('create-llmi-handler', () => {
  it('makes everything that a package has', async () => {
    const { code, printed } = await create('llmi-handler-sea', '--runtime', 'onnx', '--task', 'object-detection', '--no-install');
    expect(code).toBe(0);
    expect(printed).toContain('cd llmi-handler-sea\n  npm install\n  npm test');
    expect(readdirSync(join(folder, 'llmi-handler-sea')).sort()).toEqual(['.changeset', '.github', '.gitignore', 'README.md', 'package.json', 'src', 'test', 'tsconfig.json']);
    expect(JSON.parse(read('llmi-handler-sea/package.json'))).toMatchObject({
      name: 'llmi-handler-sea',
      keywords: ['llmi-handler', 'object-detection'],
      llmi: { apiVersion: 1, handlers: [{ name: 'sea', entry: './dist/index.js', tasks: ['object-detection'], match: { modelIds: ['*/sea*'] }, formats: ['onnx'] }] },
    });
    const all = readdirSync(join(folder, 'llmi-handler-sea'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const { parentPath, name } of all) expect(readFileSync(join(parentPath, name), 'utf8'), name).not.toMatch(/my-model|MyModel|my-task|my-library|my-trial/);
  });

  it('assumes what it is not told', async () => {
    expect((await create('plain', '--no-install')).code).toBe(0);
    expect(JSON.parse(read('plain/package.json'))).toMatchObject({ llmi: { handlers: [{ name: 'plain', tasks: ['text-generation'], match: { files: ['plain.json'] } }] } });
  });

  it('never writes over anything', async () => {
    mkdirSync(join(folder, 'full'));
    writeFileSync(join(folder, 'full/mine.txt'), 'mine');
    expect(await create('full', '--no-install')).toEqual({ code: 1, printed: 'The folder "full" is not empty. Give another one.\n' });
    expect(readdirSync(join(folder, 'full'))).toEqual(['mine.txt']);
  });

  it.each([
    [['a', '--runtime', 'abacus'], 'There is no runtime "abacus". Use one of: javascript, onnx, llama-cpp.'],
    [['a', '--task', 'Draw!'], 'A task is spelled like a pipeline tag'],
    [['a', '--name', 'Sea View'], 'A name begins with a small letter'],
    [['123', '--no-install'], 'The folder "123" gives no name for the handler: say --name.'],
    [['a', 'b'], 'One folder, not 2: a b'],
    [['a', '--frobnicate'], "Unknown option '--frobnicate'"],
  ])('refuses %j', async (args, message) => {
    const { code, printed } = await create(...args);
    expect(code).toBe(2);
    expect(printed).toContain(message);
  });

  it('explains itself', async () => {
    expect((await create('--help')).printed).toMatch(/^Usage: npm create llmi-handler/);
    expect((await create('--version')).printed).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('in a terminal', () => {
  const [enter, down, escape] = ['\r', '\u001b[B', '\u001b'];

  it('asks for what it is not told', async () => {
    const { code, printed } = await createByHand(['--no-install'], [...'asked', enter, down, enter, enter]);
    expect(code).toBe(0);
    for (const question of ['In which folder?', 'What runs the model?', 'What does the model do?']) expect(printed).toContain(question);
    expect(printed).not.toContain('Install its dependencies');
    expect(JSON.parse(read('asked/package.json'))).toMatchObject({ llmi: { handlers: [{ name: 'asked', tasks: ['image-classification'], formats: ['onnx'] }] } });
  });

  it('makes nothing when one gives up', async () => {
    expect((await createByHand(['given-up'], [escape])).code).toBe(130);
    expect(readdirSync(folder)).not.toContain('given-up');
  });
});
