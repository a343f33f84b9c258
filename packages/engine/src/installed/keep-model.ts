import { modelInfoSchema } from '@llmi/core';
import type { InstalledModel, ModelStore } from '@llmi/hub';
import type { Checked } from '../check.js';
import type { Settings } from '../settings.js';
import { startScripts } from '../start-script.js';

export type NewModel = Omit<InstalledModel, 'folder'>;

/** What llmi.json will say. */
export function describeInstalled({ report, registered }: Pick<Checked, 'report' | 'registered'>, path: string): NewModel {
  const { model, requirements } = report;
  const chosen = new Set(model.chosenFiles);
  const files = model.files.filter((file) => chosen.has(file.path));
  return {
    name: model.id,
    id: model.id,
    revision: model.revision,
    source: model.source,
    path,
    handler: { package: registered.package, name: registered.manifest.name, version: registered.version },
    info: modelInfoSchema.parse(model),
    tasks: report.capabilities.tasks,
    requirements,
    files,
    sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    installedAt: new Date().toISOString(),
    settings: {},
  };
}

/**
 * Puts a model in its place in the llmi home. Settings that a person made there stay; what only its former files used leaves the cache.
 * `moved`: as `ModelStore.write`.
 */
export async function keepModel(store: ModelStore, described: NewModel, settings: Settings, moved?: Record<string, string>): Promise<{ model: InstalledModel; freedBytes: number }> {
  const folder = await store.folderFor(described);
  const former = (await store.list()).models.find((other) => other.folder === folder);
  const isReplaced = former?.source === 'hub' && (former.revision !== described.revision || former.files.length !== described.files.length);
  if (isReplaced) await store.willReplace(former);
  const model = await store.write({ ...described, settings: { ...former?.settings, ...described.settings } }, scriptsFor(described, settings), moved);
  return { model, freedBytes: await store.finishRemovals(settings.hub.cacheDir) };
}

function scriptsFor({ id, info: { quantization } }: NewModel, settings: Settings) {
  const modelName = quantization === undefined ? id : `${id}:${quantization}`; // another quantization may be installed beside it
  return startScripts({ modelName, installationDir: settings.installationDir, nodePath: process.execPath });
}
