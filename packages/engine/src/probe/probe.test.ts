import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { featuresOf, nativeAdvantage } from './cpu-features.js';
import { expectedSpeed } from './expected-speed.js';
import { compileKernels, operationsPerRound } from './kernels.js';
import { machineSpeed } from './machine-speed.js';
import { measureCore } from './measure-core.js';
import type { MachineSpeed } from './measure-machine.js';

vi.mock('../free-cores.js', () => ({ freeCores: () => Promise.resolve(free) }));
let free = 2;

describe('kernels', () => {
  it('read every vector of their memory and add it up', () => {
    // four accumulators of four integers; lane 0 of their sum adds one integer of 0x01010101 per 16 bytes
    expect(compileKernels(1 << 16)!.read(1 << 16) >>> 0).toBe(((1 << 12) * 0x01010101) >>> 0);
    expect(compileKernels(1 << 16)!.read(128) >>> 0).toBe(8 * 0x01010101);
  });

  it('multiply and add towards 1', () => {
    const { multiply } = compileKernels(1 << 16)!;
    const after = (rounds: number) => 8 * (1 - 0.999 ** rounds); // eight accumulators
    expect(multiply(1)).toBeCloseTo(after(1), 4);
    expect(multiply(1000)).toBeCloseTo(after(1000), 3);
    expect(operationsPerRound).toBe(64);
  });

  it('give figures of a core', () => {
    const { bytesPerSecond, operationsPerSecond } = measureCore(1 << 20);
    expect(bytesPerSecond).toBeGreaterThan(0);
    expect(operationsPerSecond).toBeGreaterThan(0);
  });
});

describe('processor features', () => {
  it('are read from /proc/cpuinfo', () => {
    expect(featuresOf('processor\t: 0\nflags\t\t: fpu sse2 avx avx2 fma avx512f hle\n\nprocessor\t: 1\n')).toEqual(['avx', 'avx2', 'fma', 'avx512f']);
    expect(featuresOf('processor\t: 0\nFeatures\t: fp asimd asimddp i8mm\n')).toEqual(['asimd', 'asimddp', 'i8mm']);
    expect(featuresOf('')).toBeUndefined();
  });

  it('say how much wider native vectors are', () => {
    expect(nativeAdvantage(['avx', 'avx2', 'fma', 'avx512f'], 'x64')).toBe(8);
    expect(nativeAdvantage(['avx', 'avx2', 'fma'], 'x64')).toBe(4);
    expect(nativeAdvantage(['avx'], 'x64')).toBe(2);
    expect(nativeAdvantage([], 'x64')).toBe(1);
    expect(nativeAdvantage(undefined, 'x64')).toBe(4);
    expect(nativeAdvantage(undefined, 'arm64')).toBe(2);
  });
});

const speed: MachineSpeed = { bytesPerSecond: { one: 10e9, all: 20e9 }, operationsPerSecond: { one: 20e9, all: 40e9 } };

describe('expected speed', () => {
  const machine = { arch: 'x64', cpuFeatures: ['avx2', 'fma'] };

  it('is what memory gives, where a token reads more than it computes', () => {
    const found = expectedSpeed({ unit: 'token', bytes: 140e6, operations: 1e6, derivation: 'all weights' }, speed, machine);
    expect(found).toMatchObject({ unit: 'token', bound: 'memory' });
    expect(found!.perSecond).toBeCloseTo((20e9 * 0.65) / 140e6, 6);
    expect(found!.derivation).toBe('all weights; 13.0 GB/s, 0.65 of what a plain read gets here');
  });

  it('is what the vector units give, where it computes more', () => {
    const found = expectedSpeed({ unit: 'text', bytes: 1e6, operations: 9.6e9, derivation: 'all layers' }, speed, machine);
    expect(found).toMatchObject({ unit: 'text', bound: 'compute' });
    expect(found!.perSecond).toBeCloseTo((40e9 * 4 * 0.6) / 9.6e9, 6);
  });

  it('is unknown for work that says nothing', () => {
    expect(expectedSpeed(undefined, speed, machine)).toBeUndefined();
    expect(expectedSpeed({ unit: 'token', bytes: 0, operations: 0, derivation: '' }, speed, machine)).toBeUndefined();
  });
});

describe('the speed of a machine', () => {
  const identity = { platform: 'linux', arch: 'x64', cpuModel: 'Some Processor', cores: 2, memoryTotalBytes: 16e9 };
  const measure = vi.fn(() => Promise.resolve(speed));
  let home: string;
  let file: string;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'llmi-probe-'));
    file = join(home, 'machine-speed.json');
    free = 2;
    measure.mockClear();
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  it('is measured once', async () => {
    expect(await machineSpeed(home, identity, measure)).toEqual(speed);
    expect(await machineSpeed(home, { ...identity, memoryTotalBytes: 16.01e9 }, measure)).toEqual(speed);
    expect(measure).toHaveBeenCalledTimes(1);
    expect(measure).toHaveBeenCalledWith(2);
  });

  it('is measured again on another machine', async () => {
    await machineSpeed(home, identity, measure);
    await machineSpeed(home, { ...identity, cpuModel: 'Another Processor' }, measure);
    await machineSpeed(home, { ...identity, cpuModel: 'Another Processor', cores: 4 }, measure);
    expect(measure).toHaveBeenCalledTimes(3);
  });

  it('is not kept when others used the cores', async () => {
    free = 1;
    expect(await machineSpeed(home, identity, measure)).toEqual(speed);
    expect(existsSync(file)).toBe(false);
  });

  it('survives a file that is damaged and a home that cannot be written to', async () => {
    for (const text of ['{', '[]', '{"machine": "x", "speed": {}}', `{"machine": ${JSON.stringify('1 | linux | x64 | Some Processor | 2 | 16')}, "speed": null}`]) {
      writeFileSync(file, text);
      expect(await machineSpeed(home, identity, measure)).toEqual(speed);
      expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ speed });
    }
    const notAFolder = join(file, 'home');
    expect(await machineSpeed(notAFolder, identity, measure)).toEqual(speed);
  });

  it('is unknown where it cannot be measured', async () => {
    const none: MachineSpeed = { bytesPerSecond: { one: 0, all: 0 }, operationsPerSecond: { one: 0, all: 0 } };
    expect(await machineSpeed(home, identity, () => Promise.resolve(none))).toBeUndefined();
    expect(existsSync(file)).toBe(false);
  });
});
