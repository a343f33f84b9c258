import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { blankImage, encodeAnimation } from '../src/index.js';

describe('encodeAnimation', () => {
  const frames = [20, 120, 220].map((value) => ({ ...blankImage(16, 8, 3), data: new Uint8Array(16 * 8 * 3).fill(value) }));

  it.each(['gif', 'webp'] as const)('makes a %s of every frame, at its pace', async (format) => {
    const bytes = await encodeAnimation(frames, { format, framesPerSecond: 10 });
    expect(await sharp(bytes, { animated: true }).metadata()).toMatchObject({ format, pages: 3, width: 16, pageHeight: 8, delay: [100, 100, 100], loop: 0 });
    const { data } = await sharp(bytes, { animated: true }).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    [20, 120, 220].forEach((value, index) => expect(Math.abs(data[index * 16 * 8 * 3]! - value)).toBeLessThan(3));
  });

  it('refuses frames of several sizes, and none', async () => {
    await expect(encodeAnimation([frames[0]!, blankImage(8, 8, 3)], { format: 'gif', framesPerSecond: 8 })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await expect(encodeAnimation([], { format: 'gif', framesPerSecond: 8 })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });
});
