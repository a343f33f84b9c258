import { describe, expect, it } from 'vitest';
import { readSentencePieceModel } from './sentencepiece-model.js';

const field = (number: number, bytes: Uint8Array | string) => {
  const content = Buffer.from(bytes);
  return Buffer.concat([Buffer.from([number * 8 + 2, content.length]), content]);
};
const score = (value: number) => {
  const bytes = Buffer.alloc(5);
  bytes[0] = 2 * 8 + 5;
  bytes.writeFloatLE(value, 1);
  return bytes;
};
const piece = (text: string, value: number, kind?: number) => field(1, Buffer.concat([field(1, text), score(value), ...(kind === undefined ? [] : [Buffer.from([3 * 8, kind])])]));

describe('a sentencepiece model', () => {
  it('has pieces with scores and kinds, and a normalizer', () => {
    const trainer = field(2, Buffer.from([3 * 8, 2])); // model_type: BPE
    const normalizer = field(3, Buffer.concat([field(2, Uint8Array.of(1, 2, 3)), Buffer.from([3 * 8, 0])]));
    const model = readSentencePieceModel(Buffer.concat([piece('<unk>', 0, 2), piece('\ufeff▁a', -1.5), piece('<0x0A>', 0, 6), trainer, normalizer]), 'm');
    expect(model.pieces).toEqual([
      { text: '<unk>', score: 0, kind: 'unknown' },
      { text: '\ufeff▁a', score: -1.5, kind: 'normal' },
      { text: '<0x0A>', score: 0, kind: 'byte' },
    ]);
    expect(model.kind).toBe('bpe');
    expect(model.normalizer).toMatchObject({ addDummyPrefix: false, removeExtraWhitespaces: true });
    expect([...model.normalizer.precompiledCharsmap]).toEqual([1, 2, 3]);
  });

  it('is refused when it is cut off, of another kind, or empty', () => {
    const whole = piece('hello', -1);
    const endless = Buffer.alloc(20, 0xff);
    for (const bytes of [whole.subarray(0, 6), Buffer.from('{"a": 1}'), endless, Buffer.alloc(0)]) {
      expect(() => readSentencePieceModel(bytes, 'tokenizer.model')).toThrow(expect.objectContaining({ code: 'MODEL_FILE_CORRUPT' }));
    }
  });
});
