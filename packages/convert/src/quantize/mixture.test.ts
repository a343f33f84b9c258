import { describe, expect, it } from 'vitest';
import { mixtureTypes, quantizedOrder } from './mixture.js';

const model = { architecture: 'llama', blockCount: 8, expertCount: 0, headCount: 8, keyHeadCount: 8 };
const matrix = (name: string, columns = 512) => ({ name, shape: [512, columns] });

function layers(part: string, count = 8): { name: string; shape: number[] }[] {
  return Array.from({ length: count }, (_, layer) => matrix(`blk.${layer}.${part}.weight`));
}

describe('the types of a mixture', () => {
  it('give the first and last layers and every third more bits', () => {
    expect(mixtureTypes(layers('ffn_down'), 'Q4_K_M', model)).toEqual(['Q6_K', 'Q4_K', 'Q4_K', 'Q6_K', 'Q4_K', 'Q4_K', 'Q6_K', 'Q6_K']);
    expect(mixtureTypes(layers('attn_v'), 'Q5_K_M', model)).toEqual(['Q6_K', 'Q5_K', 'Q5_K', 'Q6_K', 'Q5_K', 'Q5_K', 'Q6_K', 'Q6_K']);
    expect(mixtureTypes(layers('attn_v'), 'Q4_K_S', model)).toEqual([...Array(4).fill('Q5_K'), ...Array(4).fill('Q4_K')]);
    expect(mixtureTypes(layers('attn_q'), 'Q4_K_M', model)).toEqual(Array(8).fill('Q4_K'));
  });

  it('quantize what the output comes from finely: the head, or the embeddings where they are tied', () => {
    expect(mixtureTypes([matrix('token_embd.weight')], 'Q4_0', model)).toEqual(['Q6_K']);
    expect(mixtureTypes([matrix('output.weight'), matrix('token_embd.weight')], 'Q4_K_M', model)).toEqual(['Q6_K', 'Q4_K']);
  });

  it('fall back where rows do not divide into blocks', () => {
    expect(mixtureTypes([matrix('blk.0.attn_q.weight', 96)], 'Q4_K_M', model)).toEqual(['Q5_0']);
    expect(mixtureTypes([matrix('blk.0.attn_q.weight', 96)], 'Q5_K_S', model)).toEqual(['Q5_1']);
    expect(mixtureTypes([matrix('blk.0.attn_q.weight', 96)], 'Q6_K', model)).toEqual(['Q8_0']);
    expect(mixtureTypes([matrix('blk.0.attn_q.weight', 40)], 'Q4_K_M', model)).toEqual(['F16']);
  });

  it('leave norms, biases, routers and positions alone', () => {
    const single = [{ name: 'blk.0.attn_norm.weight', shape: [512] }, { name: 'blk.0.attn_q.bias', shape: [512] }, matrix('blk.0.ffn_gate_inp.weight'), matrix('position_embd.weight'), { name: 'blk.0.ffn_gate_inp_shexp.weight', shape: [1, 512] }];
    expect(mixtureTypes(single, 'Q4_K_M', model)).toEqual(Array(5).fill('F32'));
  });

  it('spare nothing on attention where eight experts dwarf it', () => {
    const experts = { ...model, expertCount: 8 };
    expect(mixtureTypes([matrix('blk.0.attn_k.weight'), matrix('blk.0.attn_v.weight'), matrix('blk.0.attn_output.weight')], 'Q4_K_M', experts)).toEqual(['Q8_0', 'Q8_0', 'Q5_K']);
  });
});

it('orders the tensors of a quantized file by layer, then by name', () => {
  expect(['blk.10.a', 'output.weight', 'blk.2.b', 'blk.2.a', 'token_embd.weight'].sort(quantizedOrder)).toEqual(['output.weight', 'token_embd.weight', 'blk.2.a', 'blk.2.b', 'blk.10.a']);
});
