import { formatBytes, formatCount } from '@llmi/core/units';
import { lastUsedAt } from '../installed-models/read-models.js';
import { findModel } from '../model-argument.js';
import { installedDocument } from '../render/model-document.js';
import { toDocument } from '../render/snake-case.js';
import { formatFacts } from '../render/table.js';
import { formatAgo } from '../render/units.js';
import type { CommonOptions, Session } from '../session.js';

export async function run(session: Session, _options: CommonOptions, model: string): Promise<void> {
  const engine = await session.engine();
  const { name } = await findModel(engine, model, session.terminal);
  const { installed, capabilities, modes, tasks, inferenceParams } = await engine.describe(name);
  const { info, requirements } = installed;
  const lastUse = installed.folder === '' ? null : lastUsedAt(installed.folder);
  if (session.json) return session.document(toDocument({ ...installedDocument(installed), lastUsedAt: lastUse, capabilities, modes, tasks, inferenceParams }));
  const colours = session.colours();
  const section = (title: string, lines: string[]) => {
    if (lines.length === 0) return;
    session.print(`\n${colours.bold(title)}`);
    for (const line of lines) session.print(`  ${line}`);
  };
  for (const line of formatFacts([
    ['name', name],
    ['revision', installed.revision && `${installed.revision}${installed.asked?.revision === undefined ? '' : ` (asked for: ${installed.asked.revision})`}`],
    ['made from', installed.converted && `${installed.converted.from}, as ${installed.converted.type}`],
    ['task', tasks.join(', ') || info.pipelineTag],
    ['kind', [info.architectures[0], info.modelType].filter(Boolean).join(', ')],
    ['parameters', requirements.parameterCount === undefined ? undefined : formatCount(requirements.parameterCount)],
    ['quantization', info.quantization],
    ['licence', info.license],
    ['size', formatBytes(installed.sizeBytes)],
    ['memory', `${formatBytes(requirements.memoryRequirements.min * 1e9)} at least, ${formatBytes(requirements.memoryRequirements.recommended * 1e9)} recommended`],
    ['context', capabilities.maxContextLength === undefined ? undefined : `${capabilities.maxContextLength} tokens`],
    ['takes', capabilities.inputModalities.join(', ')],
    ['gives', capabilities.outputModalities.join(', ')],
    ['handler', `${installed.handler.name} of ${installed.handler.package} ${installed.handler.version}`],
    ['installed', installed.installedAt],
    ['updated', installed.updatedAt],
    ['last used', lastUse === null ? 'never' : formatAgo(lastUse)],
    ['folder', installed.folder],
    ['files in', installed.path],
  ])) session.print(line);
  section('Modes', formatFacts(Object.entries(modes)));
  section('Settings of the model', formatFacts(Object.entries(toDocument(inferenceParams) as object).map(([field, value]) => [field, JSON.stringify(value)])));
  section('Settings of yours', formatFacts(Object.entries(installed.settings).map(([field, value]) => [field, JSON.stringify(value)])));
  section('Files', formatFacts(installed.files.map(({ path, sizeBytes }) => [path, formatBytes(sizeBytes)])));
}
