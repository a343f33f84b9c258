import { LlmiError } from '@llmi/core';
import type { InstallCommandOptions } from '../commands/install.js';
import { withInterrupt } from '../interrupt.js';
import { InstallReport } from '../render/install-report.js';
import { toDocument } from '../render/snake-case.js';
import type { Session } from '../session.js';
import { formatChooser } from './choose-format.js';

/** Installs what the project declares, as llmi.lock has it, and writes that file. */
export async function installDeclared(session: Session, options: InstallCommandOptions): Promise<void> {
  const { frozen = false, renew = false, force } = options;
  if (frozen && renew) throw new LlmiError('USAGE', { message: '--frozen keeps to llmi.lock, --renew leaves it.', hint: 'Give one of the two.' });
  if (options.file !== undefined) throw new LlmiError('USAGE', { message: '--file chooses the weights of one model.', hint: 'Name the model too.' });
  const engine = await session.engine();
  const report = new InstallReport(session, options);
  try {
    const models = await withInterrupt(
      session.terminal,
      (signal) => engine.installProject({ frozen, renew, force, chooseFormat: formatChooser(session, options), signal, onEvent: ({ alias, ...event }) => report.tell(event, alias) }),
      'llmi.lock is as it was. Run it again to resume: llmi install',
    );
    report.stop();
    if (session.json) {
      return session.document(toDocument({ type: 'project', models: models.map(({ alias, reference, lock, installed: { id, revision, folder, info } }) => ({ alias, reference, lock, id, revision, quantization: info.quantization, folder })) }));
    }
    for (const { alias, installed } of models) session.print(`${alias} is ${installed.name}${installed.revision === undefined ? '' : ` at ${installed.revision.slice(0, 12)}`}`);
    if (models.some(({ lock }) => lock !== 'kept')) session.note('llmi.lock is written; put it under version control.');
    session.print(`  llmi run ${models[0]!.alias}`);
  } finally {
    report.stop();
  }
}
