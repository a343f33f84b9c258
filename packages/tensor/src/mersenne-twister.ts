const words = 624;
const middle = 397;

/** The 32-bit Mersenne Twister. Source: Matsumoto & Nishimura 1998, https://doi.org/10.1145/272991.272995; reference: C++ std::mt19937. */
export class MersenneTwister {
  private readonly state = new Uint32Array(words);
  private position = words;

  /** @param seed of which the lowest 32 bits count */
  constructor(seed: number | bigint) {
    this.state[0] = Number(BigInt.asUintN(32, BigInt(seed)));
    for (let index = 1; index < words; index++) {
      const before = this.state[index - 1]!;
      this.state[index] = Math.imul(1_812_433_253, before ^ (before >>> 30)) + index;
    }
  }

  /** The next whole number from 0 to 2^32 - 1. */
  next(): number {
    if (this.position === words) this.twist();
    let value = this.state[this.position++]!;
    value ^= value >>> 11;
    value ^= (value << 7) & 0x9d2c5680;
    value ^= (value << 15) & 0xefc60000;
    return (value ^ (value >>> 18)) >>> 0;
  }

  private twist(): void {
    const { state } = this;
    for (let index = 0; index < words; index++) {
      const mixed = (state[index]! & 0x80000000) | (state[(index + 1) % words]! & 0x7fffffff);
      state[index] = state[(index + middle) % words]! ^ (mixed >>> 1) ^ (mixed & 1 ? 0x9908b0df : 0);
    }
    this.position = 0;
  }
}
