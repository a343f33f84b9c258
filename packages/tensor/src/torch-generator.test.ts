import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { TorchGenerator } from './torch-generator.js';

// Expected: torch 2.13.0 on a CPU with AVX2, torch.randn(..., generator=torch.Generator().manual_seed(seed)), float32.
const sha256 = (values: Float32Array) => createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex');

describe('randn', () => {
  it('gives the numbers of torch, bit by bit', () => {
    expect([...new TorchGenerator(42).randn(16)]).toEqual([
      1.9269152879714966, 1.4872840642929077, 0.9007171988487244, -2.1055209636688232, 0.6784184575080872, -1.2345448732376099, -0.04306747764348984,
      -1.6046669483184814, -0.7521352767944336, 1.6487230062484741, -0.3924786448478699, -1.4036071300506592, -0.7278813123703003, -0.5594301819801331,
      -0.7688388824462891, 0.7624453902244568,
    ]);
  });

  it.each([
    [0, 4 * 64 * 64, '24efac55b39e95b2d74d8fb5b3a8e8a8e808bd04129f260c4cdbb225bb952a4d'],
    [1234, 2 * 16 * 33 * 7, '78bf3181857877613daa9ce722a14d655c506c91b55201c2eb8ed85fb421e6ea'],
    [7, 100_003, '5eb5e92227a3e308981c80b442de6a6b2849d8938892d5a60bffb88143204f05'],
  ])('seed %i, %i values: all of them are equal', (seed, count, hash) => {
    expect(sha256(new TorchGenerator(seed).randn(count))).toBe(hash);
  });

  it.each([
    [0, [1.5409960746765137, -0.293428897857666, -2.1787893772125244, 0.5684312582015991, -1.0845223665237427]],
    [2 ** 40 + 5, [-0.4867807626724243, -0.6038215756416321, -0.5580962300300598, 0.6675242781639099, -0.19741509854793549]],
    [-3n, [0.5177019238471985, -0.003518524579703808, -1.547630786895752, -0.5234538912773132, -0.45336273312568665]],
  ])('seed %s: fewer than 16 values are made one by one', (seed, expected) => {
    expect([...new TorchGenerator(seed).randn(5)]).toEqual(expected);
  });

  it('goes on where the call before ended, the spare of an odd number included', () => {
    const generator = new TorchGenerator(9);
    expect([...generator.randn(3)]).toEqual([0.04472753778100014, 1.9112390279769897, -0.2310308963060379]);
    expect(generator.randn(17)[16]).toBe(-0.7957724332809448);
    expect([...generator.randn(2)]).toEqual([0.3459281623363495, -0.8395838141441345]);
  });

  it('refuses what is no seed and no count', () => {
    expect(() => new TorchGenerator(0.5)).toThrow(expect.objectContaining({ code: 'INPUT_INVALID', param: 'seed' }));
    expect(() => new TorchGenerator(1).randn(-1)).toThrow(expect.objectContaining({ code: 'INPUT_INVALID', param: 'count' }));
    expect(new TorchGenerator(1).randn(0)).toHaveLength(0);
  });
});
