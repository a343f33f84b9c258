import { explainReason, type BaseHandler, type HandlerRegistry, type ModelInfo, type ModelRequirements, type RegisteredHandler } from '@llmi/core';
import { chooseFiles, chosenInfo, inspect, refusePickles, type FileChoice, type ModelReference } from '@llmi/hub';
import { adapterOf, isAdapterError } from './adapters/adapter.js';
import { judge } from './compatibility.js';
import type { CheckReport, HandlerRank, MachineInfo } from './contract.js';
import { readMachine } from './machine.js';
import { expectedSpeed } from './probe/expected-speed.js';
import { machineSpeed } from './probe/machine-speed.js';
import type { Settings } from './settings.js';

export interface Checked {
  report: CheckReport;
  handler: BaseHandler;
  registered: RegisteredHandler;
}

/**
 * What a model is, which handler and files it takes, what it needs and whether it runs here. No weights are fetched.
 * Phases: 1 facts, 2 handler, 3 files, 4 requirements, 5 verdict.
 */
export async function checkModel(
  reference: ModelReference,
  registry: HandlerRegistry,
  settings: Settings,
  { file, signal }: { file?: string; signal?: AbortSignal },
): Promise<Checked> {
  const [facts, machine] = await Promise.all([inspect(reference, settings.hub, { signal }), readMachine(reference.kind === 'hub' ? settings.hub.cacheDir : settings.home)]); // 1
  const adapter = adapterOf(facts);
  if (adapter) throw isAdapterError(facts, adapter);
  const registered = await registry.select(facts, { prefer: settings.preferHandlers }).catch((error: unknown) => { // 2
    refusePickles(facts); // that is the reason, then
    throw error;
  });
  const choice = chooseFiles(facts, { // 3
    formats: registered.manifest.formats,
    quantization: reference.kind === 'hub' ? reference.quantization : undefined,
    file,
    memoryBytes: machine.memoryFreeBytes,
  });
  const model = await chosenInfo(facts, choice, settings.hub, { signal });
  const handler = (await registry.load(registered)).create(model);
  const requirements = await handler.analyze(); // 4
  const quantizations = handler.getQuantizationOptions();
  const report: CheckReport = {
    model,
    handler: { name: registered.manifest.name, package: registered.package, version: registered.version },
    ranking: rankingOf(registry, facts, settings),
    choice,
    requirements,
    capabilities: handler.getModelCapabilities(),
    quantizations,
    machine,
    ...(await speedOf(requirements, machine, settings)),
    verdict: judge(requirements, downloadBytes(reference, choice), machine, quantizations, model.formats.includes('gguf')), // 5
    notes: handler.getInstallationNotes(),
  };
  return { report, handler, registered };
}

/** A GPU is as fast as its own memory, which nobody has measured. */
async function speedOf({ work }: ModelRequirements, machine: MachineInfo, { home }: Settings): Promise<Pick<CheckReport, 'speed'>> {
  if (!work || machine.gpus.length > 0) return {};
  const measured = await machineSpeed(home, machine).catch(() => undefined); // no memory to measure with: the check goes on without
  const speed = measured && expectedSpeed(work, measured, machine);
  return speed ? { speed } : {};
}

/** A local model is referenced where it is. */
function downloadBytes(reference: ModelReference, choice: FileChoice): number {
  return reference.kind === 'hub' ? choice.sizeBytes : 0;
}

function rankingOf(registry: HandlerRegistry, facts: ModelInfo, settings: Settings): HandlerRank[] {
  return registry.rank(facts, { prefer: settings.preferHandlers }).map(({ handler, taken, specificity, reasons, refusal }) => ({
    handler: handler.manifest.name,
    package: handler.package,
    taken,
    specificity,
    priority: handler.manifest.priority,
    reasons: reasons.map((reason) => ({ ...reason, explanation: explainReason(reason) })),
    refusal,
  }));
}
