import { describe, it } from 'vitest';
import { compare } from './describe-goldens.js';
import { golden, hasFixtures, repoFolder } from './goldens.js';

describe.skipIf(!hasFixtures)('tiny-sd15-lora', () => {
  for (const entry of hasFixtures ? golden('tiny-sd15-lora').cases : []) {
    it(entry.id, () => compare('tiny-sd15-lora', entry, { repo: String(entry.base), loras: [{ path: repoFolder('tiny-sd15-lora'), scale: Number(entry.lora_scale) }] }));
  }
});
