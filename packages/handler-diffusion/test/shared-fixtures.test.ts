import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createScheduler, type StepOptions, type TimestepOptions } from '../src/index.js';

/** A case of schedulers.json; DIFFUSION.md beside the fixtures says what its keys are. */
interface Case {
  id: string;
  class: string;
  config_full: Record<string, unknown>;
  num_inference_steps: number;
  set_timesteps: TimestepOptions;
  step_kwargs: StepOptions;
  strength: number | null;
  a: number;
  b: number;
  timesteps: number[];
  run_timesteps: number[];
  sigmas: number[] | null;
  init_noise_sigma: number;
  noise_steps: number[];
  tolerance: number[];
  trim?: Record<string, { timesteps: number[] }>;
  trim_sd3?: Record<string, { timesteps: number[] }>;
  add_noise_timesteps?: number[];
}

const shared = process.env.LLMI_SHARED ?? fileURLToPath(new URL('../../../../shared', import.meta.url));
const golden = `${shared}/fixtures/golden/schedulers`;
const isThere = existsSync(`${golden}.json`);
const index = isThere ? (JSON.parse(readFileSync(`${golden}.json`, 'utf8')) as { cases: Case[]; shape: number[] }) : { cases: [], shape: [] };
const size = index.shape.reduce((product, side) => product * side, 1);

/** The float32 tensors of a safetensors file: an 8-byte length, that much JSON, then the numbers. */
function readTensors(path: string): (name: string) => Float32Array {
  const file = readFileSync(path);
  const start = 8 + Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, start)) as Record<string, { data_offsets: [number, number] }>;
  return (name) => {
    const [from, to] = header[name]!.data_offsets;
    return new Float32Array(Uint8Array.from(file.subarray(start + from, start + to)).buffer);
  };
}

const tensor = isThere ? readTensors(`${golden}.safetensors`) : () => new Float32Array();
const slice = (values: Float32Array, row: number) => values.slice(row * size, (row + 1) * size);
const largestDifference = (left: ArrayLike<number>, right: ArrayLike<number>) => Array.from(left, (value, row) => Math.abs(value - right[row]!)).reduce((a, b) => Math.max(a, b), 0);
const largest = (values: ArrayLike<number>) => Array.from(values, Math.abs).reduce((a, b) => Math.max(a, b), 1);

function planned({ class: name, config_full, num_inference_steps, set_timesteps }: Case, strength?: number | null) {
  const scheduler = createScheduler({ _class_name: name, ...config_full });
  scheduler.setTimesteps(num_inference_steps, { ...set_timesteps, ...(strength == null ? {} : { strength }) });
  return scheduler;
}

describe.skipIf(!isThere)('the shared scheduler fixtures', () => {
  it('are all there', () => {
    expect(index.cases.length).toBeGreaterThan(200);
  });

  const each = index.cases.map((item) => [item.id, item] as const);

  it.each(each)('%s: every step within its tolerance', (id, item) => {
    const scheduler = planned(item, item.strength);
    expect(scheduler.timesteps.length).toBe(item.run_timesteps.length);
    expect(largestDifference(scheduler.timesteps, item.run_timesteps)).toBeLessThan(5e-4);
    if (item.sigmas) expect(largestDifference(scheduler.sigmas, item.sigmas)).toBeLessThanOrEqual(1e-6 * largest(item.sigmas));
    expect(scheduler.initNoiseSigma / item.init_noise_sigma).toBeCloseTo(1, 6);

    let sample = tensor(`${id}/initial`);
    if (item.strength != null) {
      const noisy = scheduler.addNoise(tensor(`${id}/image`), tensor(`${id}/start_noise`), scheduler.timesteps[0]!);
      expect(largestDifference(noisy, sample)).toBeLessThanOrEqual(2e-5 * largest(sample));
    }
    const [samples, noise] = [tensor(`${id}/samples`), item.noise_steps.length > 0 ? tensor(`${id}/noise`) : undefined];
    const drawnAt: number[] = [];
    scheduler.timesteps.forEach((timestep, step) => {
      const output = scheduler.scaleModelInput(sample, step).map((value) => Math.sin(value * item.a + timestep * item.b));
      sample = scheduler.step(output, step, sample, { ...item.step_kwargs, noise: () => slice(noise!, drawnAt.push(step) - 1) });
      expect(largestDifference(sample, slice(samples, step))).toBeLessThanOrEqual(item.tolerance[step]!);
    });
    expect(drawnAt).toEqual(item.noise_steps);
  });

  it.each(each.filter(([, item]) => item.trim))('%s: what every strength leaves', (_id, item) => {
    const cutOff = item.class.startsWith('FlowMatch');
    for (const [strength, { timesteps }] of Object.entries(item.trim!)) {
      const expected = (cutOff ? item.trim_sd3?.[strength]?.timesteps : undefined) ?? timesteps;
      if (expected.length === 0) expect(() => planned(item, Number(strength))).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }));
      else expect(largestDifference(planned(item, Number(strength)).timesteps, expected)).toBeLessThan(5e-4);
    }
  });

  it.each(each.filter(([, item]) => item.add_noise_timesteps))('%s: noise added at a timestep', (id, item) => {
    const scheduler = planned(item);
    const [image, noise, noised] = [tensor(`${id}/image`), tensor(`${id}/start_noise`), tensor(`${id}/noised`)];
    item.add_noise_timesteps!.forEach((listed, row) => {
      const timestep = scheduler.timesteps.find((value) => Math.abs(value - listed) < 5e-4)!;
      const expected = slice(noised, row);
      expect(largestDifference(scheduler.addNoise(image, noise, timestep), expected)).toBeLessThanOrEqual(1e-6 * largest(expected));
    });
  });
});
