import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeImage } from '@llmi/media';
import { describe, expect, it } from 'vitest';
import { golden, goldenFolder, hasFixtures, readTensors, replay, type GoldenCase } from './goldens.js';

/** Largest distance between two lists of numbers; infinite where one of them is no number. */
export function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let most = 0;
  for (let index = 0; index < actual.length; index++) {
    const far = Math.abs(actual[index]! - expected[index]!);
    if (!(far <= most)) most = Number.isNaN(far) ? Infinity : far;
  }
  return most;
}

/** Arguments of a denoiser that the graph has under the same name. */
const embeddings = ['encoder_hidden_states', 'text_embeds', 'pooled_projections', 'timestep_cond', 'time_ids', 'guidance', 'txt_ids', 'img_ids', 'encoder_attention_mask'];

/** Every case of the repositories against diffusers: tokens, inputs of the first call, every step, the decoded picture, the PNG. */
export function describeGoldens(repos: readonly string[]): void {
  for (const repo of repos) {
    describe.skipIf(!hasFixtures)(repo, () => {
      for (const entry of hasFixtures ? golden(repo).cases : []) it(entry.id, () => compare(repo, entry));
    });
  }
}

/** One case; `options` say which repository it is run on where that is another one. */
export async function compare(repo: string, entry: GoldenCase, options: Parameters<typeof replay>[2] = {}): Promise<void> {
  const run = await replay(repo, entry, options);
  const tensors = readTensors(repo);
  const expected = (name: string) => tensors(`${entry.id}/${name}`);
  const { tolerance } = entry;
  expect(run.inputIds).toEqual(entry.input_ids);
  expectFirstCall(run, entry, expected);
  expect(distance(run.timesteps, entry.model_timesteps as number[])).toBeLessThanOrEqual(1e-3);

  const latents = expected('latents');
  const size = latents.data.length / latents.shape[0]!;
  expect(run.latents.length).toBe(latents.shape[0]);
  for (const [step, { data }] of run.latents.entries()) {
    expect(distance(data, latents.data.subarray(step * size, (step + 1) * size)), `latents after step ${step + 1}`).toBeLessThanOrEqual(tolerance.latents);
  }
  if (!entry.fp16) expect(distance(concat(run.decodeInput), expected('decode_input').data) / decodeScale(repo)).toBeLessThanOrEqual(tolerance.latents);
  if (!entry.fp16) expect(distance(nhwc(run.pictures.length, run.decoded, entry), expected('image').data)).toBeLessThanOrEqual(tolerance.image);
  for (const [index, path] of entry.png.entries()) {
    expect(distance(run.pictures[index]!.data, (await decodeImage(readFileSync(join(goldenFolder, path)))).data)).toBeLessThanOrEqual(tolerance.png_levels);
  }
}

/** Latents are divided by the scaling factor before they are decoded, and so are their differences. */
const decodeScale = (repo: string) => (repo.includes('ltx') ? 1.5 : repo.includes('sd3') ? 1 : repo.includes('flux') ? 1 / 0.3611 : repo.includes('sdxl') ? 1 / 0.13025 : 1 / 0.18215);

function expectFirstCall(run: Awaited<ReturnType<typeof replay>>, { first_call, fp16, tolerance }: GoldenCase, expected: (name: string) => { data: Float32Array }): void {
  if (fp16) return; // the tolerance of a run in half precision says nothing about its inputs
  for (const [name, { shape, norm }] of Object.entries(first_call as Record<string, { shape: number[]; norm: number }>)) {
    const fed = run.firstCall[name];
    if (!fed) throw new Error(`The denoiser was not fed ${name}.`);
    const length = Math.sqrt(fed.data.reduce((sum, value) => sum + value * value, 0));
    if (name !== 'timestep') expect(fed.shape, name).toEqual(shape);
    expect(Math.abs(length - norm), name).toBeLessThanOrEqual(1e-4 * Math.max(1, norm));
    const stored = shape.length > 0 && shape.reduce((product, size) => product * size, 1) <= 40_000;
    if (stored) expect(distance(fed.data, expected(`first.${name}`).data), name).toBeLessThanOrEqual(embeddings.includes(name) ? tolerance.embeddings : tolerance.latents);
  }
}

const concat = (parts: Float32Array[]) => Float32Array.from(parts.flatMap((part) => [...part]));

/** Decoded planes from -1 to 1 as diffusers gives them: [pictures, height, width, 3] from 0 to 1. */
function nhwc(count: number, decoded: Float32Array[], { size: [height, width] }: GoldenCase): Float32Array {
  const all = concat(decoded);
  const pixels = height * width;
  const result = new Float32Array(all.length);
  for (let picture = 0; picture < count; picture++) {
    for (let at = 0; at < pixels * 3; at++) {
      const value = all[picture * pixels * 3 + (at % 3) * pixels + Math.floor(at / 3)]!;
      result[picture * pixels * 3 + at] = Math.min(1, Math.max(0, value / 2 + 0.5));
    }
  }
  return result;
}
