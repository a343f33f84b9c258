import { decodeImage, encodeImage } from '../src/index.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { writePngChunks, readPngChunks } from '../src/png-metadata/png-chunks.js';
import { readPngMetadata, writePngMetadata } from '../src/png-metadata/png-metadata.js';

const picture = { width: 2, height: 1, channels: 3 as const, data: Uint8Array.of(255, 0, 0, 0, 0, 255) };
let png: Uint8Array;
beforeAll(async () => {
  png = await encodeImage(picture);
});

const record = { prompt: 'a café, 一只猫 😀', negative_prompt: 'blurry', seed: 42, num_inference_steps: 20, scheduler: 'DPM++ 2M Karras', guidance_scale: 7.5, width: 512, height: 768, clip_skip: 1, model: 'org/name', extra: { deep: [1] } };
const textsOf = (bytes: Uint8Array) => readPngChunks(bytes).flatMap(({ type, data }) => (/^(tEXt|iTXt)$/.test(type) ? [`${type} ${Buffer.from(data).toString().split('\0')[0]}`] : []));

describe('PNG metadata', () => {
  it('comes back as it was written, and leaves the picture alone', async () => {
    const written = writePngMetadata(png, record);
    expect(readPngMetadata(written)).toEqual(record);
    expect([...(await decodeImage(written)).data]).toEqual([...picture.data]);
    expect(readPngMetadata(png)).toBeUndefined();
  });

  it('is written once, in Latin-1 where that has every character', () => {
    expect(textsOf(writePngMetadata(writePngMetadata(png, record), { prompt: 'é', seed: 1 }))).toEqual(['tEXt llmi', 'tEXt parameters']);
    expect(textsOf(writePngMetadata(png, record))).toEqual(['iTXt llmi', 'iTXt parameters']);
  });

  it('has the line that other programs read, and reads theirs', () => {
    const withText = (text: string) => writePngChunks(readPngChunks(png).flatMap((chunk) => (chunk.type === 'IHDR' ? [chunk, { type: 'tEXt', data: Buffer.from(`parameters\0${text}`, 'latin1') }] : [chunk])));
    const text = 'two lines,\nof words\nNegative prompt: bad\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 5, Size: 512x768, Model hash: abc, Model: v1-5, Clip skip: 2';
    const read = { prompt: 'two lines,\nof words', negative_prompt: 'bad', num_inference_steps: 20, scheduler: 'Euler a', guidance_scale: 7, seed: 5, width: 512, height: 768, model: 'v1-5', clip_skip: 1 };
    expect(readPngMetadata(withText(text))).toEqual(read);
    const own = readPngChunks(writePngMetadata(png, read)).find(({ data }) => Buffer.from(data).toString('latin1').startsWith('parameters\0'))!;
    expect(Buffer.from(own.data).toString('latin1').split('\0')[1]).toBe('two lines,\nof words\nNegative prompt: bad\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 5, Clip skip: 2, Model: v1-5, Size: 512x768');
    expect(readPngMetadata(withText('only words'))).toEqual({ prompt: 'only words' });
  });

  it.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ['nothing', () => new Uint8Array()],
    ['another file', () => Buffer.from('GIF89a and more than eight bytes')],
    ['an end that is missing', (bytes) => bytes.subarray(0, -1)],
    ['a length that lies', (bytes) => Uint8Array.from(bytes, (byte, index) => (index === 8 ? 0x7f : byte))],
    ['a wrong checksum', (bytes) => Uint8Array.from(bytes, (byte, index) => (index === 20 ? byte ^ 1 : byte))],
    ['a chunk before the header', (bytes) => writePngChunks([{ type: 'tEXt', data: Buffer.from('a\0b') }, ...readPngChunks(bytes)])],
    ['a record that is no object', (bytes) => writePngChunks(readPngChunks(bytes).flatMap((chunk) => (chunk.type === 'IHDR' ? [chunk, { type: 'tEXt', data: Buffer.from('llmi\0[1]') }] : [chunk])))],
  ])('refuses %s', (_, spoil) => {
    expect(() => readPngMetadata(spoil(png))).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }));
  });
});
