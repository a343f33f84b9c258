import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResultOf } from '@llmi/core';
import { floatBytes, lookupGraph, onnxInitializer, onnxInput, onnxModel, onnxNode, onnxOutput } from '@llmi/handler-testkit/onnx';
import { afterAll, describe, expect, it } from 'vitest';
import { loadSpecialized, SpecializedHandler } from '../src/index.js';

const folders: string[] = [];
function folderWith(files: Record<string, Buffer | string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'llmi-specialized-'));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

const table = lookupGraph([[1, 2], [3, 4], [5, 6]], { mask: false });
const ids = (data: (number | string)[] | string, shape = [1, 2], dtype = 'int64') => ({ tensors: { input_ids: { data, shape, dtype } } });

describe('any graph', () => {
  it('runs on tensors, given as numbers or as bytes', async () => {
    await using handler = await loadSpecialized(folderWith({ 'model.onnx': table }));
    const expected = { last_hidden_state: { data: [5, 6, 1, 2], shape: [1, 2, 2], dtype: 'float32' } };
    const { outputs } = (await handler.processText(ids([2, 0]))) as ResultOf<'tensors'>;
    expect(outputs).toEqual(expected);
    const bytes = Buffer.from(BigInt64Array.of(2n, 0n).buffer).toString('base64');
    expect(((await handler.processText(ids(bytes))) as ResultOf<'tensors'>).outputs).toEqual(expected);
  });

  it('says what it takes and gives', async () => {
    const folder = folderWith({ 'model.onnx': table });
    const handler = await loadSpecialized(folder);
    const model = await handler.loadModel(folder);
    expect(model.signature!.inputs).toEqual([{ name: 'input_ids', dtype: 'int64', shape: ['batch', 'tokens'] }]);
    expect(model.signature!.request).toMatchObject({ required: ['input_ids'], properties: { input_ids: { properties: { dtype: { const: 'int64' }, shape: { minItems: 2, maxItems: 2 } } } } });
    await handler[Symbol.asyncDispose]();
    await expect(handler.processText(ids([0, 1]), { model })).rejects.toMatchObject({ code: 'MODEL_DISPOSED' });
  });

  it.each([
    [{ tensors: {} }, 'tensors.input_ids', /int64 \[batch, tokens\]/],
    [{ tensors: { other: { data: [1], shape: [1], dtype: 'int64' } } }, 'tensors.other', /input_ids/],
    [ids([0, 1], [1, 2], 'float32'), 'tensors.input_ids.dtype', /int64/],
    [ids([0, 1], [2]), 'tensors.input_ids.shape', /int64 \[batch, tokens\]/],
    [ids([0, 1, 2]), 'tensors.input_ids.data', /int64/],
    [ids([0, 1.5]), 'tensors.input_ids.data[1]', /whole numbers/],
    [ids('AAAA'), 'tensors.input_ids.data', /little-endian/],
    [{}, 'tensors', /every input/],
  ])('refuses %j by name', async (request, param, hint) => {
    await using handler = await loadSpecialized(folderWith({ 'model.onnx': table }));
    await expect(handler.processText(request)).rejects.toMatchObject({ code: 'INPUT_INVALID', param, hint: expect.stringMatching(hint) });
  });

  it('takes what the graph says of an index that is not there for a fault of the request', async () => {
    await using handler = await loadSpecialized(folderWith({ 'model.onnx': table }));
    await expect(handler.processText(ids([0, 7]))).rejects.toMatchObject({ code: 'INPUT_INVALID', param: 'tensors' });
    expect(((await handler.processText(ids([0, 0]))) as ResultOf<'tensors'>).outputs.last_hidden_state!.data).toEqual([1, 2, 1, 2]);
  });

  it('writes what JSON has no number for as text', async () => {
    const graph = onnxModel(onnxNode('Div', ['x', 'zero'], ['y']), onnxInitializer('zero', [1], { raw: floatBytes(0) }), onnxInput('x', 'float32', 'n'), onnxOutput('y', 'float32', 'n'));
    await using handler = await loadSpecialized(folderWith({ 'model.onnx': graph }));
    const { outputs } = (await handler.processText({ tensors: { x: { data: [1, -1, 0], shape: [3], dtype: 'float32' } } })) as ResultOf<'tensors'>;
    expect(outputs.y!.data).toEqual(['Infinity', '-Infinity', 'NaN']);
  });

  it('does not choose among several graphs', async () => {
    await expect(loadSpecialized(folderWith({ 'first.onnx': table, 'second.onnx': table }))).rejects.toMatchObject({ code: 'MODEL_FORMAT_UNSUPPORTED', message: expect.stringMatching(/first, second/) });
  });
});

describe('a forecast', () => {
  /** Gives back the last two points in time, doubled. */
  const doubling = onnxModel(
    onnxNode('Slice', ['past_values', 'from', 'to', 'axis'], ['last']),
    onnxNode('Add', ['last', 'last'], ['prediction_outputs']),
    onnxInitializer('from', [1], { raw: Uint8Array.of(2, 0, 0, 0) }, 'int32'),
    onnxInitializer('to', [1], { raw: Uint8Array.of(4, 0, 0, 0) }, 'int32'),
    onnxInitializer('axis', [1], { raw: Uint8Array.of(1, 0, 0, 0) }, 'int32'),
    onnxInput('past_values', 'float32', 'batch', 4, 1),
    onnxOutput('prediction_outputs', 'float32', 'batch', 2, 1),
  );
  const load = () => loadSpecialized(folderWith({ 'model.onnx': doubling, 'config.json': JSON.stringify({ architectures: ['PatchTSTForPrediction'], model_type: 'patchtst', context_length: 4, num_input_channels: 1 }) }));

  it('takes the last points, and goes on from its own answer beyond its horizon', async () => {
    await using handler = await load();
    const forecast = async (request: object) => ((await handler.processText(request)) as ResultOf<'forecast'>).values.flat();
    const values = [[9], [1], [2], [3], [4]];
    expect(await forecast({ values })).toEqual([6, 8]);
    expect(await forecast({ values, horizon: 1 })).toEqual([6]);
    expect(await forecast({ values, horizon: 3 })).toEqual([6, 8, 12]);
  });

  it.each([
    [{}, 'values'],
    [{ values: [[1], [2]] }, 'values'],
    [{ values: [[1], [2, 3], [4], [5]] }, 'values[1]'],
    [{ values: [[1, 1], [2, 2], [3, 3], [4, 4]] }, 'values[0]'],
  ])('refuses %j', async (request, param) => {
    await using handler = await load();
    await expect(handler.processText(request)).rejects.toMatchObject({ code: 'INPUT_INVALID', param });
  });

  it('knows before loading what would be refused', async () => {
    const handler: SpecializedHandler = await load();
    expect(handler.validateInputs({ values: [[1]], prompt: 'x' })).toMatchObject({ ok: false, code: 'INPUT_UNSUPPORTED', param: 'prompt' });
    expect(handler.validateInputs({ values: [[1]], mode: 'multi' })).toMatchObject({ ok: false, code: 'MODE_UNSUPPORTED' });
    expect(handler.getModelCapabilities()).toMatchObject({ tasks: ['time-series-forecasting'], inputModalities: ['tensor'], outputModalities: ['tensor'] });
    await handler[Symbol.asyncDispose]();
  });
});
