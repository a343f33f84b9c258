import { basename } from 'node:path';
import { LlmiError, type ModelFile } from '@llmi/core';
import type { InstalledModel } from './installed-model.js';
import type { StoreListing } from './model-store.js';

/** The models as they are read, each adapter with what its base is now: the base may have been updated since. */
export function putOntoBases(models: readonly InstalledModel[]): StoreListing {
  const listing: StoreListing = { models: [], broken: [] };
  const byFolder = new Map(models.map((model) => [basename(model.folder), model]));
  for (const model of models) {
    const base = model.adapter && byFolder.get(model.adapter.base);
    if (base) listing.models.push(onBase(model, base));
    else if (!model.adapter) listing.models.push(model);
    else listing.broken.push({ folder: model.folder, error: baseMissing(model) });
  }
  return listing;
}

function onBase(model: InstalledModel, base: InstalledModel): InstalledModel {
  const { id, revision, files } = model;
  return {
    ...model,
    path: base.path,
    handler: base.handler,
    tasks: base.tasks,
    info: { ...base.info, id, revision, baseModel: base.id },
    requirements: withAdapter(base.requirements, files),
  };
}

/** The adapter is held beside the weights. */
function withAdapter(requirements: InstalledModel['requirements'], files: readonly ModelFile[]): InstalledModel['requirements'] {
  const bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const { min, recommended, gpuMin, gpuRecommended } = requirements.memoryRequirements;
  const more = bytes / 1e9;
  return {
    ...requirements,
    memoryRequirements: { min: min + more, recommended: recommended + more, gpuMin: gpuMin + more, gpuRecommended: gpuRecommended + more },
    memoryParts: [...requirements.memoryParts, { name: 'adapter', bytes, derivation: 'size of the adapter' }],
  };
}

function baseMissing({ name, info, adapter }: InstalledModel): LlmiError {
  return new LlmiError('MODEL_FILE_MISSING', {
    message: `${name} is an adapter of ${info.baseModel ?? adapter?.base}, which is not installed.`,
    hint: `Install ${name} again: its base comes too.`,
  });
}
