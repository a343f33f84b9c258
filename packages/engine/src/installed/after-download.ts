import type { HandlerRegistry } from '@llmi/core';
import { afterDownload } from '@llmi/hub';
import type { Checked } from '../check.js';

/** What was checked, with all that the fetched files tell; what the model needs is told anew where a part of it was estimated. */
export async function checkedAfterDownload(checked: Checked, registry: HandlerRegistry, folder: string, signal?: AbortSignal): Promise<Checked> {
  const { report, registered } = checked;
  const model = await afterDownload(report.model, folder, signal);
  if (!report.model.gguf?.estimated) return { ...checked, report: { ...report, model } };
  const handler = (await registry.load(registered)).create(model);
  return { registered, handler, report: { ...report, model, requirements: await handler.analyze(), capabilities: handler.getModelCapabilities() } };
}
