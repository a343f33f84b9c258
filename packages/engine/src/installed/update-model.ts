import { LlmiError, type HandlerRegistry } from '@llmi/core';
import { download, isHashLike, latestCommit, type InstalledModel, type ModelStore } from '@llmi/hub';
import { checkModel } from '../check.js';
import type { Settings } from '../settings.js';
import { checkedAfterDownload } from './after-download.js';
import { compareFiles, contentOf } from './compare-files.js';
import type { CareOptions, ModelUpdate } from './contract.js';
import type { ConvertAgain } from './fix-model.js';
import { describeInstalled, keepModel } from './keep-model.js';

/**
 * Brings one installed model to the commit where its branch or tag stands now; only what differs is fetched. The former one stays in
 * place until every new file is there and sound. One that was converted here is converted again. Phases: 1 newer?, 2 what differs, 3 files, 4 validate, 5 llmi.json, then the old files go.
 * @throws {LlmiError} as `installModel`; nothing is changed then
 */
export async function updateModel(
  model: InstalledModel,
  store: ModelStore,
  registry: HandlerRegistry,
  settings: Settings,
  { check, signal, onEvent }: CareOptions,
  convertAgain: ConvertAgain,
): Promise<ModelUpdate> {
  const { name, id, asked } = model;
  const report: ModelUpdate = { name, status: 'current', from: model.revision, changes: [], downloadBytes: 0, freedBytes: 0 };
  if (model.source !== 'hub' && model.converted?.from !== id) return { ...report, status: 'local' };
  if (isPinned(model)) return { ...report, status: 'pinned' };
  const latest = await latestCommit(id, asked?.revision, settings.hub, { signal }); // 1
  if (latest.id !== id) return { ...report, status: 'renamed', renamedTo: latest.id };
  if (latest.commit === model.revision) return report;
  if (model.converted) {
    if (!check) await convertAgain(model, latest.commit);
    return { ...report, to: latest.commit, status: check ? 'available' : 'updated', converted: true };
  }

  const reference = { kind: 'hub', id, quantization: model.info.quantization, revision: latest.commit } as const;
  const checked = await checkModel(reference, registry, settings, { file: asked?.file, signal }); // 2
  const { files } = describeInstalled(checked, '');
  const known = new Set(model.files.map(contentOf));
  report.to = latest.commit;
  report.changes = compareFiles(model.files, files);
  report.downloadBytes = files.filter((file) => !known.has(contentOf(file))).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (check) return { ...report, status: 'available' };

  const path = await download(checked.report.model, settings.hub, { signal, onProgress: (progress) => onEvent?.({ type: 'download', name, progress }) }); // 3
  const validation = await checked.handler.validateModelFiles(path); // 4
  if (!validation.ok) throw new LlmiError('MODEL_FILE_CORRUPT', { message: validation.error, hint: validation.hint });
  const complete = await checkedAfterDownload(checked, registry, path, signal);
  signal?.throwIfAborted();
  const { freedBytes } = await keepModel(store, { ...describeInstalled(complete, path), asked, installedAt: model.installedAt, updatedAt: new Date().toISOString() }, settings); // 5
  return { ...report, status: 'updated', freedBytes };
}

/** True for a model that was asked for at a commit: it stays there. */
function isPinned({ asked, revision: commit }: InstalledModel): boolean {
  return asked?.revision !== undefined && isHashLike(asked.revision) && commit?.startsWith(asked.revision) === true;
}
