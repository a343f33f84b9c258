import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LlmiError } from '@llmi/core';
import { describe, expect, it } from 'vitest';
import { doneWith, fakeEngine, installedName, servedModel, textEvents } from './support/fake-engine.js';
import { documents, runFake } from './support/run-fake.js';

const usage = { promptTokens: 3, completionTokens: 0, totalTokens: 3 };
const embedding = doneWith({ type: 'embedding', embeddings: [[0.1, 0.2, 0.3, 0.4, 0.5]], dimensions: 5, usage });

describe('run, one shot', () => {
  it('prints the text as it comes, and nothing else on stdout', async () => {
    const engine = fakeEngine();
    expect(await runFake(['run', installedName, 'Hi', 'you'], { engine })).toMatchObject({ exitCode: 0, out: 'Hello there\n', err: '' });
    expect(engine.asked).toEqual([{ prompt: 'Hi you' }]);
    expect(engine.disposed).toBe(1);
  });

  it('puts what is piped in behind the words', async () => {
    const engine = fakeEngine();
    await runFake(['run', installedName, 'Sum this up:'], { engine, piped: 'A long\ntext\n' });
    await runFake(['run', installedName], { engine, piped: 'Only this' });
    expect(engine.asked).toEqual([{ prompt: 'Sum this up:\n\nA long\ntext' }, { prompt: 'Only this' }]);
  });

  it('takes fields of the request as flags', async () => {
    const engine = fakeEngine();
    await runFake(['run', installedName, 'Hi', '--max-tokens', '5', '--system', 'Be brief.', '--presence-penalty', '-1'], { engine });
    expect(engine.asked).toEqual([{ prompt: 'Hi', maxTokens: 5, system: 'Be brief.', presencePenalty: -1 }]);
  });

  it('takes words that look like options after --', async () => {
    const engine = fakeEngine();
    await runFake(['run', installedName, '--', '--json', 'is what?'], { engine });
    expect(engine.asked).toEqual([{ prompt: '--json is what?' }]);
  });

  it('prints each event as a line of JSON with --json, the last one whole', async () => {
    const { out } = await runFake(['run', installedName, 'Hi', '--json']);
    expect(documents(out)).toEqual([
      { type: 'text', token: 'Hello', finished: false },
      { type: 'text', token: ' there', finished: false },
      {
        type: 'done',
        result_type: 'text',
        full_text: 'Hello there',
        text: 'Hello there',
        finish_reason: 'stop',
        usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
        model: { id: installedName, revision: 'abc123', handler: 'transformer', handler_version: '0.1.0' },
        timing: { queue: 0, load: 1 },
        finished: true,
      },
    ]);
  });

  it('tells usage and speed beside the text with --verbose', async () => {
    const { out, err } = await runFake(['run', installedName, 'Hi', '--verbose']);
    expect(out).toBe('Hello there\n');
    expect(err).toMatch(/3 prompt tokens · first result after \d+ ms · 2 tokens \([\d.]+ tokens\/s\) · queue 0 ms · load 1 ms · ended by stop/);
  });

  it('keeps thoughts apart from the answer', async () => {
    const engine = fakeEngine({ answers: () => [{ type: 'reasoning', token: 'Hm.' }, ...textEvents('Yes.')] });
    expect(await runFake(['run', installedName, 'Hi'], { engine })).toMatchObject({ out: 'Yes.\n', err: 'Hm.\n' });
  });

  it('asks for a drawing when the answer can be drawn and goes into a picture file', async () => {
    const picture = join(mkdtempSync(join(tmpdir(), 'llmi-picture-')), 'in.png');
    writeFileSync(picture, 'pixels');
    const box = { xmin: 1, ymin: 2.4, xmax: 30, ymax: 40 };
    const dog = { type: 'detection' as const, objects: [{ label: 'dog', score: 0.9, box }], drawing: Buffer.from('picture').toString('base64') };
    const engine = fakeEngine({ answers: () => [doneWith(dog)] });
    const describe = engine.describe;
    engine.describe = async (name) => ({ ...(await describe(name)), tasks: ['object-detection'] });
    const { folder } = await runFake(['run', installedName, '--image', picture, '--out', 'seen.png'], { engine });
    expect(readFileSync(join(folder, 'seen.png'), 'utf8')).toBe('picture');
    expect(engine.asked).toMatchObject([{ outputFormat: 'png' }]);
    const plain = fakeEngine({ answers: () => [doneWith({ ...dog, drawing: undefined })] });
    expect((await runFake(['run', installedName, '--image', picture], { engine: plain, isTerminal: true })).out).toContain('dog at 1,2 to 30,40');
    expect(plain.asked[0]).not.toHaveProperty('outputFormat');
  });

  it('takes the only model there is when none is named, and the demo when there is none', async () => {
    expect(await runFake(['run'], { piped: 'Hi' })).toMatchObject({ out: expect.stringMatching(/\S/) as string, exitCode: 0 });
    const attached: unknown[][] = [];
    const attach = async (...parameters: [string, string?]) => (attached.push(parameters), servedModel);
    const demo = await runFake(['run'], { piped: 'Hi', engine: fakeEngine({ models: async () => [], attach }) });
    expect(demo).toMatchObject({ exitCode: 0, err: expect.stringContaining('this is the demo') as string });
    expect(attached).toEqual([[expect.stringMatching(/demo.*\.gguf$/), 'llmi/demo']]);
    const several = fakeEngine({ models: async () => [servedModel, { ...servedModel, name: 'tiny/other' }] });
    expect(await runFake(['run'], { piped: 'Hi', engine: several })).toMatchObject({ exitCode: 2, err: expect.stringMatching(/Name one: .*tiny\/other/) as string });
  });

  it('runs the demo by its name, and names it where nothing is installed', async () => {
    const find = async (name: string) => {
      throw new LlmiError('MODEL_NOT_INSTALLED', { message: `The model "${name}" is not installed.`, hint: `Install it with: llmi install ${name}.` });
    };
    const engine = fakeEngine({ models: async () => [], find, attach: async () => servedModel });
    expect(await runFake(['run', 'llmi/demo', 'Hi'], { engine })).toMatchObject({ exitCode: 0 });
    expect(await runFake(['run', 'no/model', 'Hi'], { engine })).toMatchObject({ exitCode: 3, err: expect.stringContaining('llmi run llmi/demo') as string });
  });

  it.each([
    [['run', installedName], /There is no prompt/],
    [['run', installedName, 'Hi', '--messages', '[{"role": "user", "content": "x"}]'], /Both a prompt and --messages/],
    [['run', installedName, 'Hi', '--temperature', 'warm'], /--temperature takes a number, not "warm"/],
  ])('refuses %j', async (argv, message) => {
    expect(await runFake(argv)).toMatchObject({ exitCode: 2, out: '', err: expect.stringMatching(message) });
  });

  it('says how to install a model that is not there', async () => {
    expect(await runFake(['run', 'org/none', 'Hi'])).toMatchObject({ exitCode: 3, err: expect.stringContaining('llmi install org/none') });
  });

  it('runs a folder or a file that is not installed', async () => {
    const attached: string[] = [];
    const engine = fakeEngine({ attach: async (path) => (attached.push(path), servedModel) });
    const { folder, exitCode } = await runFake(['run', './model.gguf', 'Hi'], { engine });
    expect(exitCode).toBe(0);
    expect(attached).toEqual([join(folder, 'model.gguf')]);
  });

  it('stops at Ctrl-C', async () => {
    let began = () => {};
    const underWay = new Promise<void>((resolve) => (began = resolve));
    const engine = fakeEngine({
      async *answers(_request, { signal }) {
        yield { type: 'text', token: 'Once' };
        began();
        await new Promise((_resolve, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)));
      },
    });
    const { exitCode, out, terminal } = await runFake(['run', installedName, 'Hi'], { engine, meanwhile: (shown) => void underWay.then(() => shown.interrupt()) });
    expect({ exitCode, out, exits: terminal.exits }).toEqual({ exitCode: 130, out: 'Once', exits: [] });
    expect(engine.disposed).toBe(1);
  });

  it('tells an error that comes in the middle of an answer', async () => {
    const engine = fakeEngine({
      async *answers() {
        yield { type: 'text', token: 'Once' };
        throw new LlmiError('RUNNER_CRASHED', { message: 'It crashed.', hint: 'Try again.' });
      },
    });
    expect(await runFake(['run', installedName, 'Hi'], { engine })).toMatchObject({ exitCode: 1, out: 'Once', err: expect.stringContaining('error: It crashed.\n  Try again.\n') });
  });
});

describe('run, other results', () => {
  it('prints vectors as JSON into a pipe, and in short for the eye', async () => {
    const engine = () => fakeEngine({ answers: () => [embedding] });
    const piped = await runFake(['run', installedName, '--text', 'one'], { engine: engine() });
    expect(documents(piped.out)).toEqual([{ type: 'embedding', embeddings: [[0.1, 0.2, 0.3, 0.4, 0.5]], dimensions: 5, usage: { prompt_tokens: 3, completion_tokens: 0, total_tokens: 3 } }]);
    const seen = await runFake(['run', installedName, '--text', 'one'], { engine: engine(), isTerminal: true });
    expect(seen.out).toBe('1 x 5\n[0.1000, 0.2000, 0.3000, 0.4000, ...]\n');
  });

  it.each([['no-such-folder/t.txt', /in a folder that is not there/], ['.', /--out names a folder/]])('refuses --out %s before the model works', async (out, message) => {
    const engine = fakeEngine({ answers: () => { throw new Error('asked'); } });
    expect(await runFake(['run', installedName, 'Hi', '--out', out], { engine })).toMatchObject({ exitCode: 2, out: '', err: expect.stringMatching(message) });
  });

  it('writes the result to a file with --out', async () => {
    const vectors = await runFake(['run', installedName, '--text', 'one', '--out', 'v.json'], { engine: fakeEngine({ answers: () => [embedding] }) });
    expect(JSON.parse(readFileSync(join(vectors.folder, 'v.json'), 'utf8'))).toMatchObject({ embeddings: [[0.1, 0.2, 0.3, 0.4, 0.5]] });
    const text = await runFake(['run', installedName, 'Hi', '--out', 't.txt']);
    expect(readFileSync(join(text.folder, 't.txt'), 'utf8')).toBe('Hello there\n');
    expect(text).toMatchObject({ out: '', err: 'Written to t.txt\n' });
  });

  it('writes speech as the ending of the file says', async () => {
    const engine = fakeEngine({ answers: () => [doneWith({ type: 'transcription', text: ' Good morning.', segments: [{ start: 0, end: 1.5, text: ' Good morning.' }], duration: 1.5 })] });
    const write = async (out: string) => readFileSync(join((await runFake(['run', installedName, '--audio', import.meta.filename, '--out', out], { engine })).folder, out), 'utf8');
    expect(await write('a.srt')).toBe('1\n00:00:00,000 --> 00:00:01,500\nGood morning.\n');
    expect(await write('a.vtt')).toBe('WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nGood morning.\n');
    expect(await write('a.txt')).toBe('Good morning.\n');
    expect(JSON.parse(await write('a.json'))).toMatchObject({ segments: [{ end: 1.5 }] });
    expect(engine.asked.map(({ timestamps }) => timestamps)).toEqual(['segment', 'segment', undefined, undefined]);
  });

  it('writes pictures to files that did not exist, and says where', async () => {
    const image = Buffer.from('pixels').toString('base64');
    const engine = fakeEngine({ answers: () => [doneWith({ type: 'image', image, images: [image, image], metadata: { format: 'jpeg' } })] });
    const { folder, out, err } = await runFake(['run', installedName, 'A cat'], { engine });
    expect(out).toBe('');
    expect(err).toBe(`Written to ${join(folder, 'llmi-1.jpg')}\nWritten to ${join(folder, 'llmi-2.jpg')}\n`);
    expect(readFileSync(join(folder, 'llmi-2.jpg'), 'utf8')).toBe('pixels');
    const named = await runFake(['run', installedName, 'A cat', '--out', 'cat.jpg'], { engine });
    expect(readFileSync(join(named.folder, 'cat-2.jpg'), 'utf8')).toBe('pixels');
  });
});
