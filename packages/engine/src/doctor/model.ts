import { join } from 'node:path';
import { LlmiError, type HandlerRegistry } from '@llmi/core';
import { filesFolder, missingFiles, type InstalledModel } from '@llmi/hub';
import type { DoctorItem } from '../contract.js';
import { handlerOf } from '../load-order.js';
import { examineDependencies, type DependencyStatus } from './dependencies.js';
import { ok, problem } from './item.js';
import { examineSystem } from './system-dependencies.js';

/** Whether one installed model has its files, its handler, and what the handler needs. */
export async function examineModel(model: InstalledModel, registry: HandlerRegistry): Promise<DoctorItem[]> {
  const name = `model ${model.name}`;
  try {
    const missing = await missingFiles(filesFolder(model), model.files);
    if (missing.length > 0) return [problem(name, `files are missing or cut: ${missing.join(', ')}`, model.source === 'hub' ? `Fetch them again: llmi fix ${model.name}` : `Put them back into ${model.path}.`)];
    const registered = handlerOf(registry, { name: model.name, installed: model, temporary: false });
    const handler = (await registry.load(registered)).create(model.info);
    const validation = await handler.validateModelFiles(model.path);
    if (!validation.ok) return [problem(name, validation.error, validation.hint ?? `Install it again: llmi install ${referenceOf(model)}`)];
    const packages = (await examineDependencies(handler.getDependencies(), registered.folder)).map((status) => packageItem(status, registered.package));
    return [ok(name, 'all files there'), ...packages, ...handler.getSystemDependencies().map((dependency) => examineSystem(dependency))];
  } catch (error) {
    const { message, hint } = LlmiError.from(error);
    return [problem(name, message, hint ?? `Install it again: llmi install ${referenceOf(model)}`)];
  }
}

function packageItem({ name, range, status, version, optional, reason, cure }: DependencyStatus, handler: string): DoctorItem {
  const item = `package ${name}`;
  const use = reason === undefined ? `for ${handler}` : `for ${handler}: ${reason}`;
  if (status === 'ok') return ok(item, `${version} (${use})`);
  const detail = status === 'missing' ? `not found (${use})` : `${version} is there, ${range} is needed (${use})`;
  return optional ? ok(item, `${detail}; optional`) : problem(item, detail, cure!);
}

/** What "llmi install" takes to make the same model again. */
function referenceOf({ id, source, path, info, converted }: InstalledModel): string {
  if (converted) return converted.from;
  if (source === 'hub') return info.quantization === undefined ? id : `${id}:${info.quantization}`;
  return source === 'file' ? join(path, info.chosenFiles[0] ?? '') : path;
}
