import { LlmiError } from '@llmi/core';
import { describe, expect, it } from 'vitest';
import { ggufFile, tinyGguf, type GgufTensor, type GgufValue } from '@llmi/handler-testkit/gguf';
import type { ByteSource } from '../byte-source.js';
import { readGgufHeader } from './read-gguf-header.js';

function source(bytes: Uint8Array, sizeBytes = bytes.length): ByteSource & { readBytes: number } {
  return {
    name: 'm.gguf',
    sizeBytes,
    readBytes: 0,
    async read(offset, length) {
      this.readBytes += length;
      return bytes.subarray(offset, offset + length);
    },
  };
}

const llama: Record<string, GgufValue> = { 'general.architecture': ['string', 'llama'] };
const tensor: GgufTensor = { name: 't', dimensions: [32, 2], type: 8, bytes: 68 };

describe('a sound file', () => {
  it('gives the counts by hand: 64 x 4 elements in 8 Q8_0 blocks of 34 bytes', async () => {
    const facts = await readGgufHeader(source(tinyGguf('Q8_0', 4)));
    expect(facts).toMatchObject({ file: 'm.gguf', architecture: 'llama', parameterCount: 256, tensorBytes: 272, bytesByType: { Q8_0: 272 } });
  });

  it('reads every type of value', async () => {
    const values: Record<string, [GgufValue, unknown]> = {
      a: [['uint8', 200], 200], b: [['int8', -5], -5], c: [['uint16', 60_000], 60_000], d: [['int16', -6], -6], e: [['uint32', 4e9], 4e9],
      f: [['int32', -7], -7], g: [['float32', 0.5], 0.5], h: [['bool', true], true], i: [['string', 'ä€'], 'ä€'], j: [['uint64', 9n], 9],
      k: [['int64', -9n], -9], l: [['float64', 1e300], 1e300], m: [['array', 'int32', [1, -2]], [1, -2]], n: [['uint64', 2n ** 63n], '9223372036854775808'],
      o: [['float32', Infinity], 'Infinity'], __proto__x: [['string', ''], ''],
    };
    const metadata = Object.fromEntries(Object.entries(values).map(([key, [written]]) => [key, written]));
    const facts = await readGgufHeader(source(ggufFile({ ...llama, ...metadata }, [tensor])));
    for (const [key, [, expected]] of Object.entries(values)) expect(facts.metadata[key]).toEqual(expected);
  });

  it('gives long arrays by their length, per-layer numbers whole', async () => {
    const strings = Array.from({ length: 65 }, () => 'x');
    const numbers = Array.from({ length: 80 }, (_, index) => index);
    const { metadata } = await readGgufHeader(
      source(ggufFile({ ...llama, 'tokenizer.ggml.tokens': ['array', 'string', strings], 'tokenizer.ggml.scores': ['array', 'float32', numbers], 'llama.attention.head_count_kv': ['array', 'uint32', numbers] }, [tensor])),
    );
    expect(metadata['tokenizer.ggml.tokens']).toEqual({ type: 'string', length: 65 });
    expect(metadata['tokenizer.ggml.scores']).toEqual({ type: 'float32', length: 80 });
    expect(metadata['llama.attention.head_count_kv']).toEqual(numbers);
  });

  it('reads on when the header is longer than the first read, and no weights', async () => {
    const words = Array.from({ length: 200_000 }, (_, index) => `word${index}`); // 3.5 MB
    const file = ggufFile({ ...llama, 'tokenizer.ggml.tokens': ['array', 'string', words] }, [{ ...tensor, dimensions: [32, 1e6], bytes: 34e6 }]);
    const from = source(file);
    expect((await readGgufHeader(from)).parameterCount).toBe(32e6);
    expect(from.readBytes).toBeLessThan(5e6);
  });
});

describe('a file that is none', () => {
  const corrupt = (bytes: Buffer, words: RegExp) => expect(readGgufHeader(source(bytes))).rejects.toMatchObject({ code: 'MODEL_FILE_CORRUPT', message: expect.stringMatching(words) });

  it.each<[string, Buffer, RegExp]>([
    ['an empty file', Buffer.alloc(0), /end of the file/],
    ['another format', Buffer.from('PK\u0003\u0004 this is a zip file, not a model'), /does not start/],
    ['no architecture', ggufFile({}, [tensor]), /no architecture/],
    ['a tensor beyond the end', ggufFile(llama, [{ ...tensor, offset: 1n << 40n }]), /cut off/],
    ['a size that overflows 64 bits', ggufFile(llama, [{ ...tensor, dimensions: [2n ** 40n, 2n ** 40n] }]), /cut off/],
    ['a tensor that is not aligned', ggufFile(llama, [{ ...tensor, offset: 1n }]), /not aligned/],
    ['rows that do not divide into blocks', ggufFile(llama, [{ ...tensor, dimensions: [33] }]), /blocks of Q8_0/],
    ['too many dimensions', ggufFile(llama, [{ ...tensor, dimensions: [32, 1, 1, 1, 1] }]), /5 dimensions/],
    ['a tensor twice', ggufFile(llama, [tensor, tensor]), /two tensors/],
    ['tensors on top of each other', ggufFile(llama, Array.from({ length: 40 }, (_, index) => ({ ...tensor, name: `t${index}`, dimensions: [32, 100], bytes: 3400, offset: 0n }))).subarray(0, 6000), /overlap/],
    ['a bad alignment', ggufFile({ ...llama, 'general.alignment': ['uint32', 48] }, [tensor]), /power of two/],
  ])('names %s', async (_, bytes, words) => {
    await corrupt(bytes, words);
  });

  it('refuses huge counts and lengths before it reserves anything', async () => {
    const file = tinyGguf();
    for (const at of [8, 16, 24]) {
      const bytes = Buffer.from(file);
      bytes.writeBigUInt64LE(2n ** 63n, at); // tensors, pairs, length of the first key
      await corrupt(bytes, /more than the file can hold/);
    }
  });

  it('says how much of a truncated file is missing', async () => {
    const file = tinyGguf();
    await corrupt(file.subarray(0, file.length - 100), /84 bytes are missing/); // 16 of the 100 are padding
  });

  it('refuses big-endian files, unknown versions and unknown tensor types as unsupported', async () => {
    const unsupported = expect.objectContaining({ code: 'MODEL_FORMAT_UNSUPPORTED' });
    const swapped = tinyGguf();
    swapped.subarray(4, 8).reverse();
    await expect(readGgufHeader(source(swapped))).rejects.toEqual(unsupported);
    await expect(readGgufHeader(source(ggufFile(llama, [], { version: 9 })))).rejects.toEqual(unsupported);
    await expect(readGgufHeader(source(ggufFile(llama, [{ ...tensor, type: 99 }])))).rejects.toEqual(unsupported);
  });

  it('answers every truncation and every flipped byte with facts or a named error', async () => {
    const file = tinyGguf('Q8_0', 1);
    const judge = async (bytes: Buffer) => {
      try {
        await readGgufHeader(source(bytes));
        return 'read';
      } catch (error) {
        return LlmiError.is(error) ? error.code : `unexpected: ${String(error)}`;
      }
    };
    const allowed = ['read', 'MODEL_FILE_CORRUPT', 'MODEL_FORMAT_UNSUPPORTED'];
    for (let length = 0; length < file.length; length += 7) expect(allowed).toContain(await judge(file.subarray(0, length)));
    for (let at = 0; at < file.length; at++) {
      const bytes = Buffer.from(file);
      bytes[at]! ^= 0xff;
      expect(allowed).toContain(await judge(bytes));
    }
  });
});
