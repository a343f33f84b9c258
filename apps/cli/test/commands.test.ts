import { mkdirSync, writeFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HandlerRegistry, LlmiError } from '@llmi/core';
import { describe, expect, it } from 'vitest';
import { fakeEngine, installedName, report, servedModel } from './support/fake-engine.js';
import { documents, runFake } from './support/run-fake.js';

describe('usage', () => {
  it('shows the commands when nothing is asked', async () => {
    const { exitCode, out, err } = await runFake([]);
    expect(exitCode).toBe(0);
    expect(out).toContain('install [options] [model]');
    expect(err).toBe('');
  });

  it.each([
    [['chek', 'x'], 2, /Unknown command 'chek'/, /Did you mean check\?/],
    [['list', '--jsno'], 2, /Unknown option '--jsno'/, /Did you mean --json\?/],
    [['check'], 2, /Missing required argument 'model'/, /"llmi check --help"/],
    [['list', 'too', 'many'], 2, /Too many arguments/, /"llmi list --help"/],
    [['config', 'get'], 2, /Missing required argument 'key'/, /"llmi config get --help"/],
    [['--zzzzzz'], 2, /Unknown option/, /"llmi help"/],
    [['help', 'instal'], 2, /There is no command "instal"/, /Did you mean "install"\?/],
    [['help', 'zzzzzzzzzz'], 2, /There is no command/, /Commands: check, .*completion, help\./],
    [['completion', 'tcsh'], 2, /Allowed choices are bash, zsh, fish/, /"llmi completion --help"/],
    [['config', 'set', 'prot', '1'], 2, /There is no setting "prot"/, /Did you mean "port"\?/],
  ])('%j is told what would be right', async (argv, exitCode, message, hint) => {
    const run = await runFake(argv);
    expect(run).toMatchObject({ exitCode, out: '' });
    expect(run.err).toMatch(message);
    expect(run.err).toMatch(hint);
  });

  it('tells a program of an error in JSON', async () => {
    const { out, err } = await runFake(['list', '--json', '--wrong']);
    expect(documents(out)).toEqual([{ error: { code: 'USAGE', message: "Unknown option '--wrong'.", hint: 'See "llmi list --help".' } }]);
    expect(err).toBe('');
  });

  it.each([['check'], ['install'], ['run'], ['serve'], ['list'], ['show'], ['remove'], ['update'], ['fix'], ['convert'], ['login'], ['logout'], ['handlers'], ['doctor'], ['config'], ['completion'], ['help']])('%s --help says what it does and takes --json', async (name) => {
    const { exitCode, out } = await runFake([name, '--help']);
    expect(exitCode).toBe(0);
    expect(out).toContain(`Usage: llmi ${name}`);
    expect(out).toContain('--json');
  });

  it('shows causes only when asked to', async () => {
    const engine = () => fakeEngine({ doctor: async () => Promise.reject(new LlmiError('INTERNAL', { message: 'Broken.', cause: new Error('the root') })) });
    expect((await runFake(['doctor'], { engine: engine() })).err).toBe('error: Broken.\n');
    expect((await runFake(['doctor', '--verbose'], { engine: engine() })).err).toContain('the root');
    expect((await runFake(['doctor'], { engine: engine(), env: { LLMI_LOG: 'debug' } })).err).toContain('the root');
  });
});

describe('check', () => {
  it('shows what the model is, what it needs and how that is derived', async () => {
    const { exitCode, out } = await runFake(['check', installedName]);
    expect(exitCode).toBe(0);
    for (const part of [/model +tiny\/talker/, /parameters +4\.00M \(from the gguf\)/, /Q8_0 \(gguf\), 1 file, 4\.00 MB/, /or +Q4_K_M 2\.50 MB/, /weights +4\.00 MB +the tensors of/, /It fits\./]) expect(out).toMatch(part);
    expect(out).not.toContain('SPECIFIC');
  });

  it('shows what else is on offer, and what of it would fit', async () => {
    const quantizations = [{ name: 'Q8_0', diskBytes: 4e6, memoryBytes: 1e8, files: [] }, { name: 'F32', diskBytes: 1.6e10, memoryBytes: 1.7e10, files: [] }];
    const { out } = await runFake(['check', installedName], { engine: fakeEngine({ check: async () => ({ ...report, quantizations, adapter: { id: 'org/lora', base: 'tiny/talker', sizeBytes: 2e6 } }) }) });
    for (const part of [/Q8_0 +4\.00 MB +100 MB +yes +chosen/, /F32 +16\.0 GB +17\.0 GB +no/, /adapter +org\/lora, 2\.00 MB/]) expect(out).toMatch(part);
    expect(out).not.toMatch(/^or /m);
  });

  it('says nothing of weights where a handler has a format of its own', async () => {
    const engine = fakeEngine({ check: async () => ({ ...report, choice: { ...report.choice, format: undefined, quantization: undefined } }) });
    expect((await runFake(['check', './model'], { engine })).out).toMatch(/files +1 file, 4\.00 MB\n/);
  });

  it('shows the ranking of the handlers with --explain', async () => {
    const { out } = await runFake(['check', installedName, '--explain']);
    expect(out).toMatch(/yes +transformer +@llmi\/handler-transformer +5 +50 +model type llama fits "llama"/);
    expect(out).toMatch(/no +embedding .*nothing of it fits/);
  });

  it('ends with 4 when the model does not fit, whatever the form', async () => {
    const verdict = { fits: false, tight: false, reason: 'It needs more.', hint: 'Take less.' };
    const engine = () => fakeEngine({ check: async () => ({ ...report, verdict }) });
    expect(await runFake(['check', 'x/y'], { engine: engine() })).toMatchObject({ exitCode: 4, out: expect.stringContaining('It does not fit. It needs more.\n  Take less.') });
    const json = await runFake(['check', 'x/y', '--json'], { engine: engine() });
    expect(json.exitCode).toBe(4);
    expect(documents(json.out)).toMatchObject([{ verdict: { fits: false }, machine: { memory_free_bytes: 4e9 }, model: { pipeline_tag: 'text-generation' } }]);
  });

  it('tells the speed to expect, and what of the machine decides it', async () => {
    const machine = { ...report.machine, cpuFeatures: ['avx', 'avx2', 'fma'], gpus: [{ name: 'Some GPU', memoryBytes: 24e9 }] };
    const speed = { unit: 'token', perSecond: 41.7, bound: 'memory' as const, derivation: 'all weights' };
    const { out } = await runFake(['check', 'x/y'], { engine: fakeEngine({ check: async () => ({ ...report, machine, speed }) }) });
    expect(out).toMatch(/speed +about 42 tokens per second on the processor/);
    expect(out).toMatch(/machine +2 cores with AVX2, .*, Some GPU with 24.0 GB/);
    const texts = { ...speed, unit: 'text of 32 tokens', perSecond: 681 };
    const json = await runFake(['check', 'x/y', '--json'], { engine: fakeEngine({ check: async () => ({ ...report, speed: texts }) }) });
    expect(documents(json.out)).toMatchObject([{ speed: { unit: 'text of 32 tokens', per_second: 681, bound: 'memory' } }]);
    expect((await runFake(['check', 'x/y'], { engine: fakeEngine({ check: async () => ({ ...report, speed: texts }) }) })).out).toContain('about 680 texts of 32 tokens per second');
  });

  it('gives the engine a path that does not depend on where one stands', async () => {
    const asked: string[] = [];
    const engine = fakeEngine({ check: async (reference) => (asked.push(reference), report) });
    const { folder } = await runFake(['check', './model'], { engine });
    await runFake(['check', 'org/model:Q4_K_M@main'], { engine });
    expect(asked).toEqual([join(folder, 'model'), 'org/model:Q4_K_M@main']);
  });
});

describe('install', () => {
  it('ends with how to run the model', async () => {
    const { exitCode, out, err } = await runFake(['install', installedName]);
    expect(exitCode).toBe(0);
    expect(out).toBe(`Installed ${installedName} in /home/models/tiny--talker\n  llmi run ${installedName}\n  cd /home/models/tiny--talker && ./start.sh\n`);
    expect(err).toContain('100% 4.00 MB of 4.00 MB, 1.00 MB/s');
  });

  it('prints command lines that can be copied, whatever the name', async () => {
    const engine = fakeEngine({ install: async () => ({ ...servedModel.installed, name: 'local/my model', folder: '/home of me/models/local--my-model' }) });
    const { out } = await runFake(['install', './my model.gguf'], { engine });
    expect(out).toContain('  llmi run "local/my model"\n  cd "/home of me/models/local--my-model" && ./start.sh\n');
  });

  it('prints a line of JSON for each thing that happens', async () => {
    const { out, err } = await runFake(['install', installedName, '--json']);
    expect(documents(out).map(({ type }) => type)).toEqual(['check', 'download', 'validate', 'done']);
    expect(documents(out)[1]).toMatchObject({ progress: { file_bytes: 4_000_000 } });
    expect(err).toBe('');
  });

  it('stops at Ctrl-C and says how to go on', async () => {
    let started = () => {};
    const underWay = new Promise<void>((resolve) => (started = resolve));
    const engine = fakeEngine({
      install: (_reference, { signal } = {}) =>
        new Promise((_resolve, reject) => {
          signal!.addEventListener('abort', () => reject(new Error('socket closed')));
          started();
        }),
    });
    const { exitCode, err } = await runFake(['install', 'org/big'], { engine, meanwhile: (terminal) => void underWay.then(() => terminal.interrupt()) });
    expect(exitCode).toBe(130);
    expect(err).toBe('error: Interrupted.\n  Run it again to resume: llmi install org/big\n');
  });

  it('asks a person before it fetches very much', async () => {
    const large = { ...report, choice: { ...report.choice, sizeBytes: 40e9 } };
    const answered = async (answer: string, ...flags: string[]) => {
      let installs = 0;
      const engine = fakeEngine({ check: async () => large, install: async () => (installs++, servedModel.installed) });
      const { exitCode } = await runFake(['install', 'org/big', ...flags], { engine, isTerminal: true, meanwhile: (terminal) => void terminal.stdin.write(`${answer}\n`) });
      return { exitCode, installs };
    };
    expect(await answered('y')).toEqual({ exitCode: 0, installs: 1 });
    expect(await answered('n')).toEqual({ exitCode: 1, installs: 0 });
    expect(await answered('', '--yes')).toEqual({ exitCode: 0, installs: 1 });
  });

  it('passes on what the engine says, with its exit code', async () => {
    const engine = fakeEngine({ install: async () => Promise.reject(new LlmiError('HUB_LICENSE_REQUIRED', { message: 'Gated.', hint: 'Accept its licence.' })) });
    expect(await runFake(['install', 'x/y'], { engine })).toMatchObject({ exitCode: 5, err: 'error: Gated.\n  Accept its licence.\n' });
  });
});

describe('list', () => {
  const write = (folder: string, name: string, content: unknown) => {
    mkdirSync(join(folder, '.llmi', 'models', name), { recursive: true });
    writeFileSync(join(folder, '.llmi', 'models', name, 'llmi.json'), typeof content === 'string' ? content : JSON.stringify(content));
  };
  const description = (name: string, quantization: string) => ({ name, id: name, size_bytes: 4e6, installed_at: new Date().toISOString(), handler: { name: 'transformer' }, info: { pipeline_tag: 'text-generation', quantization } });
  const prepared = async (argv: string[], models: Record<string, unknown>, engine?: ReturnType<typeof fakeEngine>) => {
    const { folder } = await runFake(['list']);
    for (const [name, content] of Object.entries(models)) write(folder, name, content);
    return runFake([...argv], { env: { LLMI_HOME: join(folder, '.llmi') }, engine });
  };

  it('says how to begin when there is nothing', async () => {
    expect(await runFake(['list'])).toMatchObject({ exitCode: 0, out: '', err: expect.stringContaining('llmi install') });
    expect(documents((await runFake(['list', '--json'])).out)).toEqual([{ models: [], broken: [], total_bytes: 0 }]);
  });

  it('shows each model, by name, without asking the engine', async () => {
    const engine = fakeEngine({ list: () => Promise.reject(new Error('not to be asked')) });
    const { out } = await prepared(['list'], { b: description('org/b', 'Q8_0'), a: description('org/a', 'Q4_K_M') }, engine);
    expect(out.split('\n')).toEqual(['NAME   TASK             QUANTIZATION  SIZE     HANDLER      INSTALLED  LAST USED', 'org/a  text-generation  Q4_K_M        4.00 MB  transformer  just now   never', 'org/b  text-generation  Q8_0          4.00 MB  transformer  just now   never', '']);
  });

  it('shows what a model is for, as its handler says, where its repository does not', async () => {
    const local = { ...description('local/c', 'Q8_0'), info: { quantization: 'Q8_0' }, tasks: ['text-generation', 'translation'] };
    const { out } = await prepared(['list', '--json'], { c: local, d: { ...local, name: 'local/d', tasks: undefined } });
    expect((documents(out)[0] as { models: { task: string }[] }).models.map(({ task }) => task)).toEqual(['text-generation', null]);
  });

  it('lets the engine say what is wrong with a folder', async () => {
    const engine = fakeEngine({ list: async () => ({ models: [servedModel.installed], broken: [{ folder: '/x', error: new LlmiError('MODEL_FILE_CORRUPT', { message: 'No JSON.' }) }] }) });
    const { out, err } = await prepared(['list'], { x: '{' }, engine);
    expect(out).toContain(installedName);
    expect(err).toContain('broken: /x: No JSON.\n');
  });

  it('names models for completion so that each name means one', async () => {
    const { out } = await prepared(['__models'], { a: description('org/a', 'Q8_0'), 'a--Q4': description('org/a', 'Q4_K_M'), b: description('org/b', 'Q8_0') });
    expect(out).toBe('org/a:Q4_K_M\norg/a:Q8_0\norg/b\n');
    const list = await prepared(['list', '--json'], { a: description('local/x', 'Q8_0'), 'a--Q8_0': description('local/x', 'Q8_0'), b: description('org/b', 'Q8_0') });
    expect((documents(list.out)[0] as { models: { name: string }[] }).models.map(({ name }) => name)).toEqual(['a', 'a--Q8_0', 'org/b']);
  });
});

describe('show', () => {
  it('shows everything about a model', async () => {
    const { out } = await runFake(['show', installedName]);
    for (const part of [/name +tiny\/talker/, /Modes\n +auto +Chooses\./, /top_p +0\.9/, /Files\n +model-Q8_0\.gguf +4\.00 MB/]) expect(out).toMatch(part);
    expect(documents((await runFake(['show', installedName, '--json'])).out)).toMatchObject([{ name: installedName, inference_params: { top_p: 0.9 }, requirements: { memory_parts: [{ name: 'weights' }] } }]);
  });

  it('ends with 3 for a model that there is not', async () => {
    expect(await runFake(['show', 'org/none'])).toMatchObject({ exitCode: 3, err: 'error: The model "org/none" is not installed.\n  Install it with: llmi install org/none.\n' });
  });
});

describe('remove', () => {
  it('needs a yes where nobody can be asked', async () => {
    expect(await runFake(['remove', installedName])).toMatchObject({ exitCode: 2, err: expect.stringContaining('--yes') });
    expect(await runFake(['remove', installedName, '--yes'])).toMatchObject({ exitCode: 0, out: `Removed ${installedName}; 4.00 MB are free again.\n` });
  });

  it('asks a person', async () => {
    const answered = (answer: string) => runFake(['remove', installedName], { isTerminal: true, meanwhile: (terminal) => void terminal.stdin.write(`${answer}\n`) });
    expect(await answered('n')).toMatchObject({ exitCode: 1, out: '', err: expect.stringMatching(/\? \[y\/N\] .*Nothing was removed\.\n$/s) });
    expect(await answered('\u0003')).toMatchObject({ exitCode: 130, out: '', err: expect.stringContaining('Interrupted.') });
    expect(await answered('y')).toMatchObject({ exitCode: 0 });
  });

  it('only says what would go with --dry-run', async () => {
    const asked: unknown[] = [];
    const engine = fakeEngine({ remove: async (_name, options) => (asked.push(options), { freedBytes: 3_000_000, kept: ['/shared'] }) });
    const { exitCode, out, err } = await runFake(['remove', installedName, '--dry-run'], { engine });
    expect({ exitCode, out, err }).toEqual({ exitCode: 0, out: `Would remove ${installedName} (/home/models/tiny--talker) and free 3.00 MB.\n`, err: 'Would keep /shared: something else uses it.\n' });
    expect(asked).toEqual([{ dryRun: true, keepFiles: undefined }]);
  });
});

describe('handlers and doctor', () => {
  it('lists handlers and names those that cannot be used', async () => {
    const registry = new HandlerRegistry();
    registry.register({ name: 'mine', modes: {}, create: () => ({}) } as never, { name: 'mine', entry: './x.js', tasks: ['a-task'], match: {}, formats: ['gguf'] } as never);
    registry.problems.push({ package: 'bad-one', folder: '/p', problem: 'its manifest is wrong' });
    const engine = fakeEngine({ registry: async () => registry });
    const { out, err } = await runFake(['handlers'], { engine });
    expect(out).toMatch(/mine +\(code\) mine 0\.0\.0 +code +gguf +a-task/);
    expect(err).toBe('problem: bad-one: its manifest is wrong (/p)\n');
    expect(documents((await runFake(['handlers', '--json'], { engine })).out)).toMatchObject([{ handlers: [{ name: 'mine', package: '(code) mine' }], problems: [{ package: 'bad-one' }] }]);
  });

  it('ends with 1 when there is a problem, and says the cure', async () => {
    expect(await runFake(['doctor'])).toMatchObject({ exitCode: 0, out: 'ok       Node.js: 20.19.0\nNo problems.\n' });
    const engine = fakeEngine({ doctor: async () => [{ name: 'disk', status: 'problem', detail: 'full', cure: 'Free some.' }] });
    expect(await runFake(['doctor'], { engine })).toMatchObject({ exitCode: 1, out: 'problem  disk: full\n         Free some.\n1 problem.\n' });
  });
});

describe('config', () => {
  it('sets, shows, gets and unsets', async () => {
    const { folder } = await runFake(['config']);
    const env = { LLMI_HOME: join(folder, 'home') };
    const file = join(folder, 'home', 'config.json');
    expect(await runFake(['config', 'set', 'port', '8123'], { env })).toMatchObject({ exitCode: 0, err: `port is 8123 (${file})\n` });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ port: 8123 });
    expect((await runFake(['config', 'get', 'port'], { env })).out).toBe('8123\n');
    expect((await runFake(['config'], { env })).out).toMatch(new RegExp(`port +8123 +${file.replace(/[\\.]/g, '\\$&')}`));
    expect((await runFake(['config', 'set', 'port', '1'], { env: { ...env, LLMI_PORT: '9' } })).err).toContain('What counts is still 9, from LLMI_PORT.');
    expect((await runFake(['config', 'unset', 'port'], { env })).exitCode).toBe(0);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({});
    expect(await runFake(['config', 'unset', 'port'], { env })).toMatchObject({ exitCode: 3 });
    expect(await runFake(['config', 'get', 'threads'], { env })).toMatchObject({ exitCode: 3 });
  });

  it('refuses a value that is not valid, and writes nothing', async () => {
    const { exitCode, err, folder } = await runFake(['config', 'set', 'port', 'high']);
    expect(exitCode).toBe(2);
    expect(err).toContain('Setting "port" from the command line is not valid: "high".');
    expect(existsSync(join(folder, '.llmi', 'config.json'))).toBe(false);
  });

  it('shows secrets masked', async () => {
    const run = await runFake(['config', 'set', 'api_key', 'abcdefghijklmnop']);
    expect(run.err).toContain('api_key is abc...op');
    const { out } = await runFake(['config', '--json'], { env: { LLMI_API_KEY: 'abcdefghijklmnop', HF_TOKEN: 'hf_1234567890' } });
    expect(out).not.toMatch(/abcdefghijklmnop|hf_1234567890/);
    expect(documents(out)[0]!.settings).toContainEqual({ key: 'api_key', value: 'abc...op', source: 'LLMI_API_KEY' });
  });
});
