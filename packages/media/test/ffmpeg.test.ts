import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { decodeMono, readMono, writeWav } from '../src/audio/index.js';

/** Begins like an M4A file; the rest is what the stand-in for ffmpeg gives out. */
const m4a = (sound: Uint8Array) => Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypM4A '), Buffer.alloc(12), sound]);
const tone = Float32Array.from({ length: 8000 }, (_, index) => Math.sin(index / 5) / 2);

describe.skipIf(process.platform === 'win32')('sound that ffmpeg reads', () => {
  let folder: string;
  let ffmpeg: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'llmi-ffmpeg-'));
    for (const variable of ['TMPDIR', 'TEMP']) vi.stubEnv(variable, folder); // other programs put theirs elsewhere
    ffmpeg = join(folder, 'ffmpeg');
    const script = `#!${process.execPath}
const flags = process.argv.slice(2);
const path = flags[flags.indexOf('-i') + 1].replace('file:', '');
const sound = require('node:fs').readFileSync(path).subarray(24);
if (flags[flags.indexOf('-f') + 1] !== 'mov' || flags[flags.indexOf('-protocol_whitelist') + 1] !== 'file,pipe') process.exit(3);
if (sound.length === 0) { console.error(path + ': Invalid data'); process.exit(1); }
process.stdout.write(sound, () => sound.length < 1000 ? setTimeout(() => {}, 60000) : process.exit(0));
`;
    await writeFile(ffmpeg, script);
    await chmod(ffmpeg, 0o755);
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    return rm(folder, { recursive: true });
  });
  const left = async () => (await readdir(folder)).filter((name) => name.startsWith('llmi-sound-'));

  it('comes through a pipe, from bytes and from a file, and nothing is left behind', async () => {
    const bytes = m4a(writeWav([tone], { sampleRate: 8000, encoding: 'float32' }));
    expect(await decodeMono(bytes, { sampleRate: 8000, ffmpeg })).toEqual(tone);
    const path = join(folder, 'talk.m4a');
    await writeFile(path, bytes);
    expect(await decodeMono(path, { sampleRate: 8000, ffmpeg })).toEqual(tone);
    expect(await left()).toEqual([]);
  });

  it('says what ffmpeg says, without the path', async () => {
    const failure = await decodeMono(m4a(new Uint8Array(0)), { sampleRate: 8000, ffmpeg, param: 'audio' }).catch((error: Error & { code: string }) => error);
    expect(failure).toMatchObject({ code: 'INPUT_INVALID', message: expect.stringContaining('the file: Invalid data') });
    expect(await left()).toEqual([]);
  });

  it('ends ffmpeg when it is told to stop', async () => {
    const controller = new AbortController();
    const header = writeWav([tone], { sampleRate: 8000 }).subarray(0, 500);
    Buffer.from(header.buffer).writeUInt32LE(0xffff_ffff, 40);
    const reading = decodeMono(m4a(header), { sampleRate: 8000, ffmpeg, signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 200);
    await expect(reading).rejects.toThrow();
    expect(await left()).toEqual([]);
  });

  it('ends ffmpeg when nobody reads on', async () => {
    const blocks = readMono(m4a(writeWav([new Float32Array(800_000)], { sampleRate: 8000 })), { sampleRate: 8000, ffmpeg });
    await blocks.next();
    await blocks.return(undefined);
    expect(await left()).toEqual([]);
  });
});
