import assert from 'node:assert/strict';
import { chosenFiles, isWeightFile, modelRequirementsSchema, quantizationOptionSchema, type ModelRequirements } from '@llmi/core';
import type { ModelCheck } from '../check.js';
import { assertJson } from '../assertions.js';

/** GB by which the parts may miss their sum: figures are rounded to 0.01 GB. */
const roundingGigabytes = 0.02;

const memoryFields = ['min', 'recommended', 'gpuMin', 'gpuRecommended'] as const;

export const requirementChecks: ModelCheck[] = [
  {
    item: 'methods',
    name: 'analyze() gives requirements of the contract, the same each time',
    async run(subject) {
      const handler = await subject.create();
      const requirements = await handler.analyze();
      modelRequirementsSchema.parse(requirements);
      assertJson(requirements, 'analyze()');
      assert.deepEqual(await handler.analyze(), requirements, 'analyze() answers differently the second time.');
      assert.deepEqual(await handler.getMemoryRequirements(), requirements.memoryRequirements, 'getMemoryRequirements() differs from analyze().');
    },
  },
  {
    item: 'methods',
    name: 'its figures are sane, and say where they come from',
    async run(subject) {
      const { memoryRequirements: memory, memoryParts, diskBytes } = await (await subject.create()).analyze();
      for (const field of memoryFields) assert.ok(Number.isFinite(memory[field]) && memory[field] >= 0, `memoryRequirements.${field} is ${memory[field]}.`);
      assert.ok(memory.min > 0, 'A model needs some memory: memoryRequirements.min is 0.');
      assert.ok(memory.recommended >= memory.min, `Recommended memory (${memory.recommended} GB) is less than the minimum (${memory.min} GB).`);
      assert.ok(memory.gpuRecommended >= memory.gpuMin, `Recommended GPU memory (${memory.gpuRecommended} GB) is less than the minimum (${memory.gpuMin} GB).`);
      assert.ok(memoryParts.length > 0, 'memoryParts is empty: say what the memory is for.');
      for (const { name, derivation } of memoryParts) assert.ok(derivation.trim().length > 0, `Memory for ${name} has no derivation.`);
      const sum = memoryParts.reduce((bytes, part) => bytes + part.bytes, 0) / 1e9;
      assert.ok(Math.abs(sum - memory.recommended) <= roundingGigabytes + memory.recommended * 0.01, `memoryParts add up to ${sum.toFixed(3)} GB, not to the recommended ${memory.recommended} GB.`);
      const weights = chosenFiles(await subject.info()).filter(({ path }) => isWeightFile(path)).reduce((bytes, file) => bytes + file.sizeBytes, 0);
      assert.ok(diskBytes >= weights, `diskBytes is ${diskBytes}, less than the ${weights} bytes of its weights.`);
    },
  },
  {
    item: 'methods',
    name: 'a larger model needs no less',
    async run(subject) {
      const analyze = async (factor: number): Promise<ModelRequirements> => (await subject.create(await subject.scaledInfo(factor))).analyze();
      const bytes = (await subject.info()).files.reduce((sum, file) => sum + file.sizeBytes, 0);
      const unit = Math.max(2, Math.ceil(1e9 / Math.max(1, bytes))); // up to a gigabyte at least: less may not show in figures of 0.01 GB
      let smaller = await analyze(1);
      for (const factor of [unit, 10 * unit]) {
        const larger = await analyze(factor);
        for (const field of memoryFields) {
          assert.ok(larger.memoryRequirements[field] >= smaller.memoryRequirements[field], `With files ${factor} times as large, memoryRequirements.${field} falls to ${larger.memoryRequirements[field]} GB.`);
        }
        assert.ok(larger.memoryRequirements.recommended > smaller.memoryRequirements.recommended, `With files ${factor} times as large, the recommended memory stays at ${larger.memoryRequirements.recommended} GB: derive it from the files.`);
        assert.ok(larger.diskBytes > smaller.diskBytes, `With files ${factor} times as large, diskBytes stays at ${larger.diskBytes}.`);
        smaller = larger;
      }
    },
  },
  {
    item: 'methods',
    name: 'estimateModelSize() says its size and where that is from',
    async run(subject) {
      const { gigabytes, source } = (await subject.create()).estimateModelSize();
      assert.ok(Number.isFinite(gigabytes) && gigabytes >= 0, `It is ${gigabytes} GB.`);
      assert.ok(['files', 'name', 'unknown'].includes(source), `Its source is "${source}".`);
      const hasWeights = (await subject.info()).files.some(({ path }) => isWeightFile(path));
      if (hasWeights) assert.equal(source, 'files', 'The files say how large the model is: do not guess from its name.');
    },
  },
  {
    item: 'methods',
    name: 'getQuantizationOptions() are larger in memory where they are larger on disk',
    async run(subject) {
      const options = quantizationOptionSchema.array().parse((await subject.create()).getQuantizationOptions());
      const bySize = [...options].sort((left, right) => left.diskBytes - right.diskBytes || left.memoryBytes - right.memoryBytes);
      for (const [index, option] of bySize.entries()) {
        assert.ok(option.diskBytes > 0 && option.memoryBytes > 0, `${option.name} takes no space.`);
        assert.ok(index === 0 || option.memoryBytes >= bySize[index - 1]!.memoryBytes, `${option.name} is larger on disk than ${bySize[index - 1]?.name}, and smaller in memory.`);
      }
    },
  },
];
