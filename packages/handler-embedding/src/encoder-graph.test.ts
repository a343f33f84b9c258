import type { OnnxSession, OnnxTensor, OnnxValueInfo } from '@llmi/runtime-onnx';
import { describe, expect, it } from 'vitest';
import { openEncoderGraph } from './encoder-graph.js';

const value = (name: string, shape: (number | string)[], dtype: OnnxValueInfo['dtype'] = 'int64'): OnnxValueInfo => ({ name, dtype, shape });
const text = (...ids: number[]) => ({ ids, typeIds: ids.map(() => 1), promptTokens: 0, fullLength: ids.length });

/** A session that answers with zeros and keeps what it was fed. */
function fakeSession(inputs: OnnxValueInfo[], outputs: OnnxValueInfo[]) {
  const fed: Record<string, OnnxTensor>[] = [];
  const session = {
    inputs,
    outputs,
    async run(feeds: Record<string, OnnxTensor>, { outputs: [name] }: { outputs: string[] }) {
      fed.push(feeds);
      return { [name!]: { dtype: 'float32', shape: [2, 3, 4], data: new Float32Array(24) } };
    },
  };
  return { session: session as unknown as OnnxSession, fed };
}

const tokens = ['batch', 'tokens'];
const hidden = value('last_hidden_state', ['batch', 'tokens', 4], 'float32');

describe('openEncoderGraph', () => {
  it('pads at the end, and fills what the graph wants', async () => {
    const names = ['input_ids', 'attention_mask', 'token_type_ids', 'position_ids'];
    const { session, fed } = fakeSession(names.map((name) => value(name, tokens)), [hidden]);
    const { dim, tokens: width } = await openEncoderGraph(session).run([text(5, 6, 7), text(8)], 9);
    expect({ dim, width }).toEqual({ dim: 4, width: 3 });
    const numbers = Object.fromEntries(Object.entries(fed[0]!).map(([name, { data }]) => [name, Array.from(data as BigInt64Array, Number)]));
    expect(numbers).toEqual({
      input_ids: [5, 6, 7, 8, 9, 9],
      attention_mask: [1, 1, 1, 1, 0, 0],
      token_type_ids: [1, 1, 1, 1, 0, 0],
      position_ids: [0, 1, 2, 0, 1, 2],
    });
  });

  it('gives 32-bit integers and an empty cache where the graph wants them', async () => {
    const inputs = [value('input_ids', tokens, 'int32'), value('past_key_values.0.key', ['batch', 8, 'past', 64], 'float16')];
    const { session, fed } = fakeSession(inputs, [hidden]);
    await openEncoderGraph(session).run([text(5), text(6)], 0);
    expect(fed[0]).toEqual({
      input_ids: { dtype: 'int32', shape: [2, 1], data: Int32Array.of(5, 6) },
      'past_key_values.0.key': { dtype: 'float16', shape: [2, 8, 0, 64], data: new Uint16Array(0) },
    });
  });

  it('prefers token vectors by name, then by rank, then sentence vectors', () => {
    const pools = (...outputs: OnnxValueInfo[]) => openEncoderGraph(fakeSession([value('input_ids', tokens)], outputs).session).poolsItself;
    const sentence = value('sentence_embedding', ['batch', 4], 'float32');
    expect(pools(sentence, hidden)).toBe(false);
    expect(pools(value('pooler_output', ['batch', 4]), value('output_0', ['b', 's', 4]))).toBe(false);
    expect(pools(value('pooler_output', ['batch', 4]), sentence)).toBe(true);
  });

  it('takes the vectors that the graph pooled where nobody else says how to pool', () => {
    const pools = (...outputs: OnnxValueInfo[]) => openEncoderGraph(fakeSession([value('input_ids', tokens)], outputs).session, { preferPooled: true }).poolsItself;
    expect(pools(hidden, value('sentence_embedding', ['batch', 4], 'float32'))).toBe(true);
    expect(pools(hidden, value('pooler_output', ['batch', 4], 'float32'))).toBe(false);
  });

  it('refuses inputs that it does not know, and graphs without embeddings', () => {
    const open = (inputs: OnnxValueInfo[], outputs: OnnxValueInfo[]) => () => openEncoderGraph(fakeSession(inputs, outputs).session);
    expect(open([value('pixel_values', ['batch', 3, 224, 224])], [hidden])).toThrow(/"pixel_values"/);
    expect(open([value('input_ids', tokens)], [value('logits', ['batch', 'tokens', 100])])).toThrow(/logits/);
  });
});
