import type { ConvertModelOptions } from '@llmi/engine';
import { formatBytes } from '@llmi/core/units';
import { withInterrupt } from '../interrupt.js';
import { modelReference } from '../model-argument.js';
import { InstallReport } from '../render/install-report.js';
import { installedDocument } from '../render/model-document.js';
import { toDocument } from '../render/snake-case.js';
import { checkOut } from '../run/check-out.js';
import type { CommonOptions, Session } from '../session.js';
import { expandPath } from '../settings/home.js';

interface ConvertOptions extends CommonOptions {
  type?: ConvertModelOptions['type'];
  out?: string;
  keepSource?: boolean;
}

export async function run(session: Session, { type, out, keepSource }: ConvertOptions, model: string): Promise<void> {
  if (out !== undefined) await checkOut(out, session.terminal.cwd);
  const engine = await session.engine();
  const report = new InstallReport(session);
  try {
    const target = out === undefined ? undefined : expandPath(out, session.terminal);
    const file = await withInterrupt(session.terminal, (signal) =>
      engine.convert(modelReference(model, session.terminal), { type, out: target, keepSource, signal, onEvent: (event) => report.tell(event) }),
    );
    report.stop();
    const { path, sizeBytes, notes, model: installed } = file;
    if (session.json) return session.document(toDocument({ type: 'converted', path, sizeBytes, weights: file.type, notes, model: installed && installedDocument(installed) }));
    for (const note of notes) session.note(`${session.colours(session.stderr).yellow('note')} ${note}`);
    session.print(`Wrote ${path}: ${file.type}, ${formatBytes(sizeBytes)}`);
    if (installed) session.print(`  llmi run ${installed.name}`);
  } finally {
    report.stop();
  }
}
