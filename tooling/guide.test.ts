import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const guide = join(root, 'docs/guide');
const shared = join(process.env.LLMI_SHARED ?? join(root, '../shared'), 'fixtures');
const pages = readdirSync(guide).filter((name) => name.endsWith('.md'));
const textOf = (page: string) => readFileSync(join(guide, page), 'utf8');
const programs = pages.flatMap((page) => [...textOf(page).matchAll(/```js\n(.*?)```/gs)].map((match, index) => ({ title: `${page}, program ${index + 1}`, source: match[1]! })));

/** Stands where the programs name a model of the hub. */
const demoModel = join(root, 'packages/demo-model/model/llmi-demo-q8_0.gguf');

/** What the programs call a folder or a file, and which of the fixtures stands there for it. */
const fixtures: Record<string, string> = {
  './all-MiniLM-L6-v2': 'tiny-bert-mean-embed',
  './yolos-tiny': 'tiny-yolos',
  './whisper-base': 'tiny-whisper',
  './sd-turbo': 'tiny-sd-turbo-onnx',
  './patchtst': 'tiny-patchtst',
};
const media: Record<string, string> = { 'street.png': 'tiny-yolos.png', 'talk.wav': 'tones.wav' };
const needsFixtures = (source: string) => Object.keys(fixtures).some((name) => source.includes(name));

describe('the guide', () => {
  const folder = mkdtempSync(join(tmpdir(), 'llmi-guide-'));
  const home = join(folder, 'home');
  const environment = { ...process.env, LLMI_HOME: home, HF_HOME: join(folder, 'hf'), UV_THREADPOOL_SIZE: '4' };
  let server: ReturnType<typeof execFile> | undefined;
  let address = '';

  beforeAll(async () => {
    mkdirSync(join(folder, 'node_modules/@llmi'), { recursive: true });
    for (const name of readdirSync(join(root, 'packages'))) symlinkSync(join(root, 'packages', name), join(folder, 'node_modules/@llmi', name));
    symlinkSync(join(root, 'apps/cli'), join(folder, 'node_modules/llmi'));
    symlinkSync(join(root, 'apps/server/node_modules/openai'), join(folder, 'node_modules/openai'));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    if (existsSync(shared)) {
      for (const [name, fixture] of Object.entries(fixtures)) symlinkSync(join(shared, 'hub/llmi-fixtures', fixture), join(folder, name));
      for (const [name, asset] of Object.entries(media)) cpSync(join(shared, 'golden/assets', asset), join(folder, name));
    }
    server = execFile(process.execPath, [join(root, 'apps/cli/bin/llmi.js'), 'serve', '--port', '0', '--json'], { env: environment });
    address = await new Promise<string>((resolve, reject) => {
      server!.stdout!.on('data', (text: string) => /"url":"([^"]+)"/.exec(text)?.[1] && resolve(/"url":"([^"]+)"/.exec(text)![1]!));
      server!.once('exit', () => reject(new Error('the server did not start')));
    });
  });
  afterAll(async () => {
    server?.kill('SIGKILL');
    await new Promise((resolve) => server?.once('exit', resolve));
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  describe.each(programs)('$title', ({ source }) => {
    it.skipIf(needsFixtures(source) && !existsSync(shared))('runs as printed, and prints something', async () => {
      const file = join(folder, `program-${programs.findIndex((program) => program.source === source)}.js`);
      writeFileSync(file, source.replaceAll('http://127.0.0.1:8000', address).replaceAll("'Qwen/Qwen3-0.6B-GGUF:Q8_0'", JSON.stringify(demoModel)));
      const { stdout } = await run(process.execPath, [file], { cwd: folder, env: environment });
      expect(stdout.trim()).not.toBe('');
    });
  });

  const help = readFileSync(join(root, 'docs/reference/cli.md'), 'utf8');
  const commands = [...pages.map((page) => [page, textOf(page)] as const), ['README.md', readFileSync(join(root, 'README.md'), 'utf8')] as const].flatMap(([page, text]) =>
    [...text.matchAll(/^ {4}(?:.*\| )?(?:npx )?llmi ([a-z-]+)(.*)$/gm)].map(([, command, rest]) => ({ page, command: command!, flags: [...rest!.split('#')[0]!.matchAll(/ (--?[a-z][a-z-]*)/g)].map(([, flag]) => flag!) })),
  );
  it.each(commands)('$page: llmi $command takes $flags', ({ command, flags }) => {
    const section = help.split(`\n## llmi ${command}\n`)[1]?.split('\n## ')[0];
    expect(section).toBeDefined();
    for (const flag of flags) expect(section).toMatch(new RegExp(`(^|[\\s,])${flag}[\\s,]`, 'm'));
  });
});

it('docs/reference is as the command line, the server and the handlers say: node tooling/reference.mjs', async () => {
  const { referencePages } = (await import('./reference.mjs' as string)) as { referencePages: () => Promise<Record<string, string>> };
  for (const [path, text] of Object.entries(await referencePages())) expect(readFileSync(join(root, path), 'utf8'), path).toBe(text);
});

it('the site builds: every link leads somewhere', async () => {
  await run(join(root, 'docs/node_modules/.bin/vitepress'), ['build', 'docs', '--outDir', mkdtempSync(join(tmpdir(), 'llmi-site-'))], { cwd: root });
}, 240_000);
