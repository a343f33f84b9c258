import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LlmiError } from '@llmi/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OnnxSession, type OnnxTensor } from '../src/index.js';
import { field, floatBytes, lookupGraph, onnxInput, onnxModel, onnxNode, onnxOutput } from '@llmi/handler-testkit/onnx';

const table = [[0, 1], [10, 11], [20, 21], [30, 31]];
const ids = (...values: number[]): OnnxTensor => ({ dtype: 'int64', shape: [1, values.length], data: BigInt64Array.from(values, BigInt) });
let folder: string;
let path: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'llmi-onnx-'));
  path = join(folder, 'model.onnx');
  writeFileSync(path, lookupGraph(table, { mask: false }));
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('OnnxSession', () => {
  it('says what the graph takes and gives', async () => {
    await using session = await OnnxSession.load(path, { threads: 1 });
    expect(session.inputs).toEqual([{ name: 'input_ids', dtype: 'int64', shape: ['batch', 'tokens'] }]);
    expect(session.outputs).toEqual([{ name: 'last_hidden_state', dtype: 'float32', shape: ['batch', 'tokens', 2] }]);
    expect([session.device, session.threads]).toEqual(['cpu', 1]);
  });

  it('runs', async () => {
    await using session = await OnnxSession.load(path);
    const { last_hidden_state } = await session.run({ input_ids: ids(3, 1) });
    expect(last_hidden_state).toEqual({ dtype: 'float32', shape: [1, 2, 2], data: Float32Array.of(30, 31, 10, 11) });
  });

  it('reads external data beside the file, also through the links of the Hugging Face cache', async () => {
    writeFileSync(join(folder, 'blob'), lookupGraph(table, { external: [['location', 'data'], ['length', '32']], mask: false }));
    writeFileSync(join(folder, 'data'), floatBytes(...table.flat()));
    symlinkSync('blob', join(folder, 'linked.onnx'));
    await using session = await OnnxSession.load(join(folder, 'linked.onnx'));
    expect((await session.run({ input_ids: ids(2) })).last_hidden_state!.data).toEqual(Float32Array.of(20, 21));
  });

  it('gives only the outputs asked for', async () => {
    const two = join(folder, 'two.onnx');
    const graph = onnxModel(
      onnxNode('Identity', ['x'], ['same']),
      onnxNode('Neg', ['x'], ['negative']),
      onnxInput('x', 'float32', 'n'),
      onnxOutput('same', 'float32', 'n'),
      onnxOutput('negative', 'float32', 'n'),
    );
    writeFileSync(two, graph);
    await using session = await OnnxSession.load(two);
    const x: OnnxTensor = { dtype: 'float32', shape: [2], data: Float32Array.of(1, -2) };
    expect(Object.keys(await session.run({ x }))).toEqual(['same', 'negative']);
    expect(await session.run({ x }, { outputs: ['negative'] })).toEqual({ negative: { ...x, data: Float32Array.of(-1, 2) } });
  });

  it('gives and takes half precision as its bits', async () => {
    const halves = join(folder, 'halves.onnx');
    writeFileSync(halves, onnxModel(onnxNode('Neg', ['x'], ['y']), onnxInput('x', 'float16', 'n'), onnxOutput('y', 'float16', 'n')));
    await using session = await OnnxSession.load(halves);
    const { y } = await session.run({ x: { dtype: 'float16', shape: [2], data: Uint16Array.of(0x3c00, 0xc000) } });
    expect(y).toEqual({ dtype: 'float16', shape: [2], data: Uint16Array.of(0xbc00, 0x4000) });
  });

  it('names a missing and an unknown input', async () => {
    await using session = await OnnxSession.load(path);
    await expect(session.run({})).rejects.toMatchObject({ code: 'INPUT_INVALID', message: expect.stringContaining('"input_ids"') });
    await expect(session.run({ input_ids: ids(1), extra: ids(1) })).rejects.toMatchObject({ code: 'INPUT_INVALID', message: expect.stringContaining('"extra"') });
  });

  it('wraps what the graph itself refuses', async () => {
    await using session = await OnnxSession.load(path);
    const error = await session.run({ input_ids: ids(99) }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'INTERNAL', cause: expect.any(Error) });
  });

  it('finishes the runs in progress when disposed of, and refuses later ones', async () => {
    const session = await OnnxSession.load(path);
    const running = session.run({ input_ids: ids(1) });
    await session[Symbol.asyncDispose]();
    expect((await running).last_hidden_state!.data).toEqual(Float32Array.of(10, 11));
    await expect(session.run({ input_ids: ids(1) })).rejects.toMatchObject({ code: 'MODEL_DISPOSED' });
    await session[Symbol.asyncDispose]();
  });

  it('rejects with the reason of its signal', async () => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await expect(OnnxSession.load(path, { signal })).rejects.toBe(reason);
    await using session = await OnnxSession.load(path);
    await expect(session.run({ input_ids: ids(1) }, { signal })).rejects.toBe(reason);
  });

  it('tells a damaged file from one that it cannot run', async () => {
    const broken = join(folder, 'broken.onnx');
    writeFileSync(broken, field(7, onnxNode('Identity', ['x'], ['y'])).fill(0xff, 4));
    await expect(OnnxSession.load(broken)).rejects.toMatchObject({ code: 'MODEL_FILE_CORRUPT' });
    writeFileSync(broken, onnxModel(onnxNode('NoSuchOperator', ['x'], ['y']), onnxInput('x', 'int64', 1), onnxOutput('y', 'int64', 1)));
    const error = (await OnnxSession.load(broken).catch((thrown: unknown) => thrown)) as LlmiError;
    expect(error).toMatchObject({ code: 'MODEL_LOAD_FAILED', message: expect.stringMatching(/NoSuchOperator/), cause: expect.any(Error) });
    expect(error.message).not.toContain(folder);
    await expect(OnnxSession.load(join(folder, 'absent.onnx'))).rejects.toMatchObject({ code: 'MODEL_FILE_MISSING' });
  });

  it('never takes another device than asked for', async () => {
    await expect(OnnxSession.load(path, { device: 'abacus' })).rejects.toMatchObject({ code: 'MODEL_LOAD_FAILED', hint: expect.stringContaining('cpu') });
  });
});
