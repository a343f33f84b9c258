import { availableParallelism, type CpuInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { freeCores, idleCores } from './free-cores.js';

const core = (user: number, idle: number): CpuInfo => ({ model: '', speed: 0, times: { user, nice: 0, sys: 0, idle, irq: 0 } });

describe('free cores', () => {
  it('are those that idled between two samples', () => {
    expect(idleCores([core(100, 900), core(0, 0)], [core(100, 1000), core(100, 0)])).toBe(1);
    expect(idleCores([core(0, 0), core(0, 0), core(0, 0)], [core(50, 50), core(0, 100), core(25, 75)])).toBe(2.25);
  });

  it('are all of them where the system tells no times, and where a core came up in between', () => {
    expect(idleCores([core(0, 0), core(0, 0)], [core(0, 0), core(0, 0)])).toBe(2);
    expect(idleCores([core(0, 0)], [core(0, 100), core(0, 50)])).toBe(2);
  });

  it('are at least one and at most those of this process', async () => {
    const free = await freeCores();
    expect(free).toBeGreaterThanOrEqual(1);
    expect(free).toBeLessThanOrEqual(availableParallelism());
  });
});
