import { LlmiError } from '@llmi/core';
import type { Engine } from '@llmi/engine';
import { formatBytes } from '@llmi/core/units';
import { confirm } from '../confirm.js';
import { formatChooser } from '../install/choose-format.js';
import { installDeclared } from '../install/install-declared.js';
import { withInterrupt } from '../interrupt.js';
import { modelReference } from '../model-argument.js';
import { formatWeights } from '../render/check-report.js';
import { InstallReport } from '../render/install-report.js';
import type { CommonOptions, Session } from '../session.js';

export interface InstallCommandOptions extends CommonOptions {
  file?: string;
  base?: string;
  keepSource?: boolean;
  yes?: boolean;
  force?: boolean;
  convert?: boolean;
  frozen?: boolean;
  renew?: boolean;
}

/** Downloads above this are asked about first: half an hour at 50 Mbit/s. */
const largeBytes = 12e9;

const refused = 1;

export async function run(session: Session, options: InstallCommandOptions, model: string | undefined): Promise<number | void> {
  if (model === undefined) return installDeclared(session, options);
  if (options.frozen || options.renew) {
    throw new LlmiError('USAGE', { message: `--${options.frozen ? 'frozen' : 'renew'} is about the models that a project declares.`, hint: 'Leave out the name of the model, or the flag.' });
  }
  const engine = await session.engine();
  const reference = modelReference(model, session.terminal);
  if (session.isInteractive && !options.yes && !(await confirmSize(session, engine, reference, options))) {
    session.note('Nothing was installed. A smaller one may do: "llmi check" shows the alternatives.');
    return refused;
  }
  const report = new InstallReport(session, options);
  try {
    const chooseFormat = formatChooser(session, options);
    const installed = await withInterrupt(
      session.terminal,
      (signal) => engine.install(reference, { file: options.file, base: options.base, keepSource: options.keepSource, force: options.force, chooseFormat, signal, onEvent: (event) => report.tell(event) }),
      `Run it again to resume: llmi install ${quoted(model)}`,
    );
    if (session.json) return;
    session.print(`Installed ${installed.name} in ${installed.folder}`);
    session.print(`  llmi run ${quoted(installed.name)}`);
    session.print(`  cd ${quoted(installed.folder)} && ${session.terminal.platform === 'win32' ? 'start.cmd' : './start.sh'}`);
  } finally {
    report.stop();
  }
}

/** A word of a command line that can be copied. */
const quoted = (text: string) => (/^[\w./:@\\-]+$/.test(text) ? text : `"${text}"`);

/** A person is asked before much is fetched. */
async function confirmSize(session: Session, engine: Engine, reference: string, { file, base }: InstallCommandOptions): Promise<boolean> {
  try {
    const { choice, model, verdict } = await withInterrupt(session.terminal, (signal) => engine.check(reference, { file, base, signal }));
    if (model.source !== 'hub' || choice.sizeBytes < largeBytes || !verdict.fits) return true;
    return await confirm(session, `Fetch ${formatWeights(choice)}${formatBytes(choice.sizeBytes)}?`);
  } catch (error) {
    if (LlmiError.is(error) && error.code === 'MODEL_FORMAT_UNSUPPORTED') return true; // the installation asks about other ways
    throw error;
  }
}
