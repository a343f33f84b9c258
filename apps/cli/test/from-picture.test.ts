import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blankImage, encodeImage } from '@llmi/media';
import { writePngMetadata } from '@llmi/media/png-metadata';
import { beforeAll, describe, expect, it } from 'vitest';
import { doneWith, fakeEngine, installedName } from './support/fake-engine.js';
import { runFake } from './support/run-fake.js';

const folder = mkdtempSync(join(tmpdir(), 'llmi-from-'));
const picture = join(folder, 'made.png');
const record = { prompt: 'a lighthouse', negative_prompt: 'fog', seed: 7, num_inference_steps: 12, guidance_scale: 6, width: 64, height: 64, scheduler: 'Euler', model: installedName, truncated_prompt: 'x' };
let plain: Uint8Array;
beforeAll(async () => {
  plain = await encodeImage(blankImage(2, 2, 3));
  writeFileSync(picture, writePngMetadata(plain, record));
});
const engine = () => fakeEngine({ answers: () => [doneWith({ type: 'image', image: Buffer.from(plain).toString('base64'), images: [Buffer.from(plain).toString('base64')], metadata: { format: 'png' } })] });

describe('run --from', () => {
  it('asks the same model for the same picture again', async () => {
    const asked = engine();
    const { exitCode, err } = await runFake(['run', '--from', picture, '--out', join(folder, 'again.png')], { engine: asked });
    expect([exitCode, err]).toEqual([0, expect.stringContaining('again.png')]);
    expect(asked.asked).toMatchObject([{ prompt: 'a lighthouse', negativePrompt: 'fog', seed: 7, numInferenceSteps: 12, guidanceScale: 6, width: 64, height: 64, scheduler: 'Euler' }]);
  });

  it('with what is said otherwise', async () => {
    const asked = engine();
    await runFake(['run', installedName, 'a castle', '--from', picture, '--seed', '8', '--out', join(folder, 'other.png')], { engine: asked });
    expect(asked.asked).toMatchObject([{ prompt: 'a castle', negativePrompt: 'fog', seed: 8 }]);
  });

  it('says when a picture tells nothing, or is none', async () => {
    writeFileSync(join(folder, 'silent.png'), plain);
    expect(await runFake(['run', '--from', join(folder, 'silent.png')], { engine: engine() })).toMatchObject({ exitCode: 2, err: expect.stringContaining('does not tell') as unknown });
    expect(await runFake(['run', '--from', join(folder, 'missing.png')], { engine: engine() })).toMatchObject({ exitCode: 2 });
  });
});
