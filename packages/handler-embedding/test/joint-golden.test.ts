import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadJointEmbedder } from '../src/index.js';

interface Golden {
  cases: { inputs: { image: string; labels: string[]; hypothesis_template: string }; expect: { text_embeds_normalized: number[][]; image_embeds_normalized: number[][]; logits_per_image: number[] } }[];
}

const fixtures = join(process.env.LLMI_SHARED ?? resolve(import.meta.dirname, '../../../../shared'), 'fixtures');
const folder = join(fixtures, 'hub', 'llmi-fixtures', 'tiny-clip');
const read = (): Golden['cases'] => (JSON.parse(readFileSync(join(fixtures, 'golden', 'tiny-clip.json'), 'utf8')) as Golden).cases;
const largestDifference = (left: number[], right: number[]) => Math.max(...left.map((value, index) => Math.abs(value - right[index]!)));

describe.skipIf(!existsSync(fixtures))('tiny-clip gives the vectors of transformers', () => {
  it.each([
    ['its two towers', folder],
    ['the graph of both', join(folder, 'onnx', 'model.onnx')],
  ])('by %s', async (_, path) => {
    await using model = await loadJointEmbedder(path, { threads: 1 });
    for (const { inputs, expect: expected } of read()) {
      const image = readFileSync(join(fixtures, 'golden', inputs.image)).toString('base64');
      const texts = inputs.labels.map((label) => inputs.hypothesis_template.replace('{}', label));
      const { embeddings, dimensions } = await model.embedMultimodal({ texts, images: [image] });
      const wanted = [...expected.text_embeds_normalized, ...expected.image_embeds_normalized];
      expect({ count: embeddings.length, dimensions }).toEqual({ count: wanted.length, dimensions: wanted[0]!.length });
      embeddings.forEach((vector, row) => expect(largestDifference(vector, wanted[row]!)).toBeLessThan(1e-4));
      expect((await model.embedImage({ images: [image, image] })).embeddings[1]!.map((value) => value.toFixed(4))).toEqual(embeddings.at(-1)!.map((value) => value.toFixed(4)));
    }
  });
});
