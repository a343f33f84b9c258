import { open, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { describe, expect, it } from 'vitest';
import { demoModelId, demoModelPath } from '../src/index.js';

const SIZE_LIMIT_BYTES = 10_000_000;

describe('the demo model', () => {
  it('is called llmi/demo', () => {
    expect(demoModelId).toBe('llmi/demo');
  });

  it('is a file of less than 10 MB at an absolute path', async () => {
    expect(isAbsolute(demoModelPath)).toBe(true);
    const { size } = await stat(demoModelPath);
    expect(size).toBeGreaterThan(1_000_000);
    expect(size).toBeLessThan(SIZE_LIMIT_BYTES);
  });

  it('is GGUF version 3', async () => {
    await using file = await open(demoModelPath);
    const { buffer } = await file.read(Buffer.alloc(8), 0, 8, 0);
    expect(buffer.subarray(0, 4).toString('latin1')).toBe('GGUF');
    expect(buffer.readUInt32LE(4)).toBe(3);
  });
});
