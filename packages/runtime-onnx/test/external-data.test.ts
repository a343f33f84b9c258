import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LlmiError, type ErrorCode } from '@llmi/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkOnnxFile } from '../src/external-data.js';
import { field, floatBytes, lookupGraph, onnxModel, onnxNode, onnxTensor, type ExternalData } from '@llmi/handler-testkit/onnx';

const rows = [[1, 2], [3, 4], [5, 6], [7, 8]];
const table = floatBytes(...rows.flat());
let folder: string;
let outside: string;

beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), 'llmi-onnx-'));
  folder = join(outside, 'model');
  mkdirSync(folder);
  writeFileSync(join(outside, 'secret'), table);
  writeFileSync(join(folder, 'model.onnx_data'), table);
});

afterEach(() => rmSync(outside, { recursive: true }));

function write(content: Buffer, name = 'model.onnx'): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function codeOf(content: Buffer): Promise<ErrorCode | undefined> {
  const error: unknown = await checkOnnxFile(write(content)).catch((thrown: unknown) => thrown);
  return LlmiError.is(error) ? error.code : undefined;
}

const external = (location: string): ExternalData => ({ external: [['location', location], ['length', '32']] });

describe('checkOnnxFile', () => {
  it('finds no external data in a model that has none', async () => {
    expect(await checkOnnxFile(write(lookupGraph(rows)))).toEqual([]);
  });

  it('names the files that a model keeps weights in', async () => {
    const found = await checkOnnxFile(write(lookupGraph(rows, external('model.onnx_data'))));
    expect(found).toEqual([{ location: 'model.onnx_data', path: join(folder, 'model.onnx_data'), sizeBytes: 32 }]);
  });

  it.each(['../secret', 'model/../../secret', '/etc/hostname', '..\\secret', 'C:\\secret', 'c:secret', '', 'a\0b', '*/_ORT_MEM_ADDR_/*'])(
    'refuses the location %j',
    async (location) => expect(await codeOf(lookupGraph(rows, external(location)))).toBe('MODEL_FILE_REFUSED'),
  );

  it('refuses symbolic and hard links out of the folder', async () => {
    symlinkSync('../secret', join(folder, 'symbolic'));
    symlinkSync('..', join(folder, 'up'));
    linkSync(join(outside, 'secret'), join(folder, 'hard'));
    for (const location of ['symbolic', 'up/secret', 'hard']) expect(await codeOf(lookupGraph(rows, external(location)))).toBe('MODEL_FILE_REFUSED');
  });

  it('takes the links of the Hugging Face cache, where model and data lie in one folder of blobs', async () => {
    mkdirSync(join(folder, 'blobs'));
    mkdirSync(join(folder, 'snapshot'));
    writeFileSync(join(folder, 'blobs', 'a'), lookupGraph(rows, external('model.onnx_data')));
    writeFileSync(join(folder, 'blobs', 'b'), table);
    symlinkSync('../blobs/a', join(folder, 'snapshot', 'model.onnx'));
    symlinkSync('../blobs/b', join(folder, 'snapshot', 'model.onnx_data'));
    const found = await checkOnnxFile(join(folder, 'snapshot', 'model.onnx'));
    expect(found.map(({ location }) => location)).toEqual(['model.onnx_data']);
  });

  it('finds an escape wherever a tensor can be', async () => {
    const bad = onnxTensor('bad', [4, 2], external('../secret'));
    const places = {
      constant: onnxModel(onnxNode('Constant', [], ['x'], [field(5, bad)])),
      tensorList: onnxModel(onnxNode('Anything', [], ['x'], [field(10, bad)])),
      subgraph: onnxModel(onnxNode('If', ['c'], ['x'], [field(6, onnxNode('Constant', [], ['y'], [field(5, bad)]))])),
      subgraphs: onnxModel(onnxNode('Anything', [], ['x'], [field(11, field(5, bad))])),
      sparseInitializer: onnxModel(field(15, field(1, bad))),
      sparseIndices: onnxModel(field(15, field(2, bad))),
      sparseAttribute: onnxModel(onnxNode('Anything', [], ['x'], [field(22, field(1, bad))])),
      function: Buffer.concat([onnxModel(), field(25, field(7, field(5, field(5, bad))))]),
      training: Buffer.concat([onnxModel(), field(20, field(1, field(5, bad)))]),
      secondGraph: Buffer.concat([onnxModel(), field(7, field(5, bad))]),
    };
    for (const [place, content] of Object.entries(places)) expect([place, await codeOf(content)]).toEqual([place, 'MODEL_FILE_REFUSED']);
  });

  it('looks at every location that one tensor names', async () => {
    const twice: ExternalData = { external: [['location', 'model.onnx_data'], ['location', '../secret']] };
    expect(await codeOf(lookupGraph(rows, twice))).toBe('MODEL_FILE_REFUSED');
  });

  it('names missing and short data', async () => {
    expect(await codeOf(lookupGraph(rows, external('absent')))).toBe('MODEL_FILE_MISSING');
    writeFileSync(join(folder, 'short'), table.subarray(0, 31));
    expect(await codeOf(lookupGraph(rows, external('short')))).toBe('MODEL_FILE_CORRUPT');
    const beyond: ExternalData = { external: [['location', 'model.onnx_data'], ['offset', '1'], ['length', '32']] };
    expect(await codeOf(lookupGraph(rows, beyond))).toBe('MODEL_FILE_CORRUPT');
  });

  it('tells a file that ends early at every length', async () => {
    const whole = lookupGraph(rows);
    for (let length = 0; length < whole.length; length++) {
      expect([length, await codeOf(whole.subarray(0, length))]).toEqual([length, 'MODEL_FILE_CORRUPT']);
    }
  });

  it('refuses what parsers could disagree on', async () => {
    const overlong = Buffer.from([0xba, 0x80, 0x80, 0x80, 0x80, 0x00, 0x00]); // field 7 in six bytes
    const group = Buffer.from([0x3b, 0x3c]); // field 7 as a group
    expect(await codeOf(Buffer.concat([onnxModel(), overlong]))).toBe('MODEL_FILE_CORRUPT');
    expect(await codeOf(Buffer.concat([onnxModel(), group]))).toBe('MODEL_FILE_CORRUPT');
  });

  it('stops at deep nesting', async () => {
    let graph = field(6);
    for (let depth = 0; depth < 60; depth++) graph = field(6, field(1, field(5, graph)));
    expect(await codeOf(onnxModel(onnxNode('If', [], ['x'], [graph])))).toBe('MODEL_FILE_CORRUPT');
  });

  it('says when there is no file', async () => {
    await expect(checkOnnxFile(join(folder, 'absent.onnx'))).rejects.toMatchObject({ code: 'MODEL_FILE_MISSING' });
    await expect(checkOnnxFile(folder)).rejects.toMatchObject({ code: 'MODEL_FILE_MISSING' });
  });
});
