import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { field, floatBytes, onnxInitializer, onnxInput, onnxModel, onnxNode, onnxOutput } from '@llmi/handler-testkit/onnx';
import { safetensorsFile, type SafetensorsTensor } from '@llmi/handler-testkit/safetensors';
import { OnnxSession } from '@llmi/runtime-onnx';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHalf } from '../src/components/half-precision.js';
import { mergeLoras } from '../src/lora/merge-loras.js';
import { DiffusionPipeline } from '../src/pipelines/diffusion-pipeline.js';
import { distance } from './describe-goldens.js';
import { golden, hasFixtures, readTensors, repoFolder, requestOf } from './goldens.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'llmi-lora-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A NodeProto with a name (field 3) beside what `onnxNode` writes. */
function named(name: string, ...node: Parameters<typeof onnxNode>): Buffer {
  const whole = onnxNode(...node);
  const body = whole.subarray(whole[1]! < 128 ? 2 : 3);
  return field(1, body, field(3, name));
}

const io = (inputs: number, outputs: number, type: 'float32' | 'float16' = 'float32') => [onnxInput('x', type, 'rows', inputs), onnxOutput('y', type, 'rows', outputs)];
const weight = [1, 2, 3, 4, 5, 6]; // as torch keeps it: [out 2, in 3]
const transposed = [1, 4, 2, 5, 3, 6];
const graphs = {
  matmul: onnxModel(named('/mid/to_q/MatMul', 'MatMul', ['x', 'onnx::MatMul_7'], ['y']), onnxInitializer('onnx::MatMul_7', [3, 2], { raw: floatBytes(...transposed) }), ...io(3, 2)),
  wrapped: onnxModel(named('/model/mid/to_q/MatMul', 'MatMul', ['x', 'w'], ['y']), onnxInitializer('w', [3, 2], { raw: floatBytes(...transposed) }), ...io(3, 2)),
  gemm: onnxModel(named('node_1', 'Gemm', ['x', 'mid.to_q.weight'], ['y'], { transB: 1 }), onnxInitializer('mid.to_q.weight', [2, 3], { raw: floatBytes(...weight) }), ...io(3, 2)),
  transpose: onnxModel(
    named('a', 'Transpose', ['mid.to_q.weight'], ['t'], { perm: [1, 0] }),
    named('b', 'MatMul', ['x', 't'], ['y']),
    onnxInitializer('mid.to_q.weight', [2, 3], { raw: floatBytes(...weight) }),
    ...io(3, 2),
  ),
  half: onnxModel(named('/mid/to_q/MatMul', 'MatMul', ['x', 'w'], ['y']), onnxInitializer('w', [3, 2], { raw: Buffer.from(toHalf(transposed).buffer) }, 'float16'), ...io(3, 2, 'float16')),
  external: onnxModel(
    named('/mid/to_q/MatMul', 'MatMul', ['x', 'w'], ['y']),
    onnxInitializer('w', [3, 2], { external: [['location', 'data.bin'], ['offset', '8'], ['length', '24']] }),
    ...io(3, 2),
  ),
};

function write(name: string, content: Buffer): string {
  const path = join(mkdtempSync(join(folder, 'x-')), name);
  writeFileSync(path, content);
  return path;
}

const down: SafetensorsTensor = { shape: [1, 3], values: [1, 0, -1] };
const up: SafetensorsTensor = { shape: [2, 1], values: [10, 20] };
const plain = { 'unet.mid.to_q.lora_A.weight': down, 'unet.mid.to_q.lora_B.weight': up };
const adapter = (tensors: Record<string, SafetensorsTensor>, metadata?: object) =>
  write('lora.safetensors', safetensorsFile(tensors, (header) => (header.__metadata__ = metadata && { lora_adapter_metadata: JSON.stringify(metadata) })));
/** weight + factor x up x down */
const expected = (factor: number) => weight.map((value, index) => value + factor * [10, 20][Math.floor(index / 3)]! * [1, 0, -1][index % 3]!);

/** The weight [2, 3] of a graph: what it makes of the identity. */
async function weightOf(path: string, dtype: 'float32' | 'float16' = 'float32'): Promise<number[]> {
  await using session = await OnnxSession.load(path, { threads: 1 });
  const identity = [1, 0, 0, 0, 1, 0, 0, 0, 1];
  const { y } = await session.run({ x: { dtype, shape: [3, 3], data: dtype === 'float16' ? toHalf(identity) : Float32Array.from(identity) } });
  const columns = [...(y!.data as Float32Array)]; // [in, out]
  return [0, 2, 4, 1, 3, 5].map((index) => columns[index]!);
}

describe('mergeLoras', () => {
  it.each(['matmul', 'wrapped', 'gemm', 'transpose'] as const)('adds to the weight of a %s', async (name) => {
    const original = write('model.onnx', graphs[name]);
    await using merged = await mergeLoras({ unet: original }, [{ path: adapter(plain), scale: 0.5 }]);
    expect(await weightOf(merged.replacements.unet!)).toEqual(expected(0.5));
    expect(readFileSync(original)).toEqual(graphs[name]);
  });

  it('rounds to half precision where the weight is', async () => {
    await using merged = await mergeLoras({ transformer: write('model.onnx', graphs.half) }, [{ path: adapter(plain) }]);
    expect(await weightOf(merged.replacements.transformer!, 'float16')).toEqual([...toHalf(expected(1))]);
  });

  it('changes a copy of external data, even if the model is read-only', async () => {
    const original = write('model.onnx', graphs.external);
    const data = join(original, '..', 'data.bin');
    writeFileSync(data, Buffer.concat([Buffer.alloc(8), floatBytes(...transposed)]), { mode: 0o444 });
    chmodSync(original, 0o444);
    await using merged = await mergeLoras({ unet: original }, [{ path: adapter(plain) }]);
    expect(await weightOf(merged.replacements.unet!)).toEqual(expected(1));
    expect(readFileSync(data).readFloatLE(8)).toBe(1);
  });

  it('adds several adapters, in any of the common layouts', async () => {
    const alpha = { shape: [], values: [0.5] };
    const loras = [
      { path: adapter(plain) },
      { path: adapter({ 'lora_unet_mid_to_q.lora_down.weight': down, 'lora_unet_mid_to_q.lora_up.weight': up, 'lora_unet_mid_to_q.alpha': alpha }), scale: 2 },
      { path: join(adapter({ 'mid.processor.to_q_lora.down.weight': down, 'mid.processor.to_q_lora.up.weight': up }), '..'), scale: -1 },
      { path: adapter(plain, { 'unet.lora_alpha': 4, 'unet.alpha_pattern': {} }), scale: 0.25 },
      { path: adapter(plain, { 'unet.lora_alpha': 4, 'unet.alpha_pattern': { 'mid.to_q': 8 } }), scale: 0.25 },
    ];
    await using merged = await mergeLoras({ unet: write('model.onnx', graphs.matmul) }, loras);
    expect(await weightOf(merged.replacements.unet!)).toEqual(expected(1 + 2 * 0.5 - 1 + 1 + 2));
  });

  it('adds to a kernel, by matrices or kernels', async () => {
    const graph = onnxModel(
      named('/conv/Conv', 'Conv', ['x', 'conv.weight'], ['y'], { kernel_shape: [1, 3] }),
      onnxInitializer('conv.weight', [2, 1, 1, 3], { raw: floatBytes(...weight) }),
      onnxInput('x', 'float32', 'rows', 1, 1, 3),
      onnxOutput('y', 'float32', 'rows', 2, 1, 1),
    );
    const kernels = { 'unet.conv.lora_A.weight': { ...down, shape: [1, 1, 1, 3] }, 'unet.conv.lora_B.weight': { ...up, shape: [2, 1, 1, 1] } };
    await using merged = await mergeLoras({ unet: write('model.onnx', graph) }, [{ path: adapter(kernels) }]);
    await using session = await OnnxSession.load(merged.replacements.unet!, { threads: 1 });
    const { y } = await session.run({ x: { dtype: 'float32', shape: [1, 1, 1, 3], data: Float32Array.of(1, 0, 0) } });
    expect([...(y!.data as Float32Array)]).toEqual([11, 24]);
  });

  it('removes its files when it is disposed of, and when it fails', async () => {
    const temporaryFolder = mkdtempSync(join(folder, 't-'));
    const merged = await mergeLoras({ unet: write('model.onnx', graphs.matmul) }, [{ path: adapter(plain) }], { temporaryFolder });
    expect(readdirSync(temporaryFolder)).toHaveLength(1);
    await merged[Symbol.asyncDispose]();
    await expect(mergeLoras({ unet: write('model.onnx', graphs.matmul) }, [{ path: '/nowhere' }], { temporaryFolder })).rejects.toMatchObject({ code: 'MODEL_FILE_MISSING' });
    await expect(mergeLoras({ unet: write('model.onnx', graphs.matmul) }, [{ path: adapter(plain) }], { temporaryFolder, signal: AbortSignal.abort('enough') })).rejects.toBe('enough');
    expect(readdirSync(temporaryFolder)).toHaveLength(0);
  });

  const shared = onnxModel(
    named('/mid/to_q/MatMul', 'MatMul', ['x', 'w'], ['h']),
    named('/mid/to_k/MatMul', 'MatMul', ['h', 'w'], ['y']),
    onnxInitializer('w', [3, 3], { raw: floatBytes(1, 2, 3, 4, 5, 6, 7, 8, 9) }),
    ...io(3, 3),
  );
  const quantized = onnxModel(named('/mid/to_q/MatMul_quant', 'MatMulInteger', ['x', 'w'], ['y']), onnxInitializer('w', [3, 2], { raw: Buffer.alloc(6) }, 'uint8'), ...io(3, 2));

  it.each<[string, Record<string, Buffer>, Record<string, SafetensorsTensor>, string]>([
    ['a module that is not there', { unet: graphs.matmul }, { ...plain, 'unet.gone.lora_A.weight': down, 'unet.gone.lora_B.weight': up }, 'unet.gone.lora_A.weight'],
    ['a part that is not there', { unet: graphs.matmul }, { 'text_encoder.mid.lora_A.weight': down, 'text_encoder.mid.lora_B.weight': up }, 'text_encoder'],
    ['another size', { unet: graphs.matmul }, { ...plain, 'unet.mid.to_q.lora_A.weight': { shape: [1, 4], values: [1, 2, 3, 4] } }, '[2, 4]'],
    ['half a pair', { unet: graphs.matmul }, { 'unet.mid.to_q.lora_A.weight': down }, 'unet.mid.to_q.lora_A.weight'],
    ['another kind of adapter', { unet: graphs.matmul }, { ...plain, 'unet.mid.to_q.lora_magnitude_vector': up }, 'lora_magnitude_vector'],
    ['nothing', { unet: graphs.matmul }, {}, 'no LoRA weights'],
    ['a quantized weight', { unet: quantized }, plain, 'quantized'],
    ['a weight of several modules', { unet: shared }, plain, 'shares'],
  ])('names what does not fit: %s', async (_, parts, tensors, words) => {
    const paths = Object.fromEntries(Object.entries(parts).map(([part, graph]) => [part, write('model.onnx', graph)]));
    await expect(mergeLoras(paths, [{ path: adapter(tensors) }])).rejects.toMatchObject({ code: 'MODEL_FORMAT_UNSUPPORTED', message: expect.stringContaining(words) as unknown });
  });

  it.each([
    ['too short', Buffer.alloc(3)],
    ['a header that is too long', Buffer.concat([Buffer.from([255, 255, 255, 0, 0, 0, 0, 0]), Buffer.alloc(9)])],
    ['data that is cut off', safetensorsFile(plain).subarray(0, -4)],
    ['a size that is not so', safetensorsFile(plain, (header) => ((header['unet.mid.to_q.lora_A.weight'] as { shape: number[] }).shape = [1, 4]))],
    ['no JSON', Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{]')])],
  ])('refuses a damaged file: %s', async (_, bytes) => {
    await expect(mergeLoras({ unet: write('model.onnx', graphs.matmul) }, [{ path: write('lora.safetensors', bytes) }])).rejects.toMatchObject({ code: 'MODEL_FILE_CORRUPT' });
  });
});

describe.skipIf(!hasFixtures)('the golden adapter', () => {
  it.each(['full', 'half'])('%s: every step as in diffusers', async (id) => {
    const [lora, base] = [repoFolder('tiny-sd15-lora'), repoFolder('tiny-sd15-onnx')];
    const entry = golden('tiny-sd15-lora').cases.find((one) => one.id === id)!;
    const hash = () => createHash('sha256').update(readFileSync(join(base, 'unet', 'model.onnx'))).digest('hex');
    const before = hash();
    await using merged = await mergeLoras({ unet: join(base, 'unet', 'model.onnx') }, [{ path: lora, scale: entry.lora_scale as number }]);
    await using pipeline = await DiffusionPipeline.load(base, { threads: 1, replacements: merged.replacements });
    const tensors = readTensors('tiny-sd15-lora');
    const latents = tensors(`${id}/latents`).data;
    let step = 0;
    for await (const event of pipeline.generate(await requestOf(entry, tensors))) {
      if (event.type !== 'step') continue;
      const { data } = event.latents;
      expect(distance(data, latents.subarray(step * data.length, (step + 1) * data.length))).toBeLessThanOrEqual(entry.tolerance.latents);
      step++;
    }
    expect(step).toBe(entry.steps);
    expect(hash()).toBe(before);
    expect(existsSync(merged.replacements.unet!)).toBe(true);
  });
});
