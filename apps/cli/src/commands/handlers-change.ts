import { LlmiError } from '@llmi/core';
import { confirm } from '../confirm.js';
import { offerFacts, offerOf } from '../handler-packages/describe.js';
import { changeHandlers, handlersFolder, lookUp } from '../handler-packages/npm.js';
import { toDocument } from '../render/snake-case.js';
import { formatFacts } from '../render/table.js';
import type { CommonOptions, Session } from '../session.js';

interface ChangeOptions extends CommonOptions {
  yes?: boolean;
  allowScripts?: boolean;
}

const refused = 1;

/** Shows what a package declares and who stands behind it, asks, and installs exactly that version under the llmi home. */
export async function add(session: Session, { yes, allowScripts = false }: ChangeOptions, packageName: string): Promise<number | void> {
  const offer = offerOf(await lookUp(session, packageName));
  if (!session.json) for (const line of formatFacts(offerFacts(offer))) session.note(line);
  if (!yes) {
    if (!session.isInteractive) throw new LlmiError('USAGE', { message: `${offer.name} is not installed yet: nobody agreed to run its code.`, hint: `Look at what it is above, then: llmi handlers add ${offer.name}@${offer.version} --yes` });
    if (!(await confirm(session, 'Its code runs on this machine, with your rights. Install it?'))) {
      session.note('Nothing was installed.');
      return refused;
    }
  }
  await changeHandlers(session, ['install', '--save-exact', `${offer.name}@${offer.version}`], { allowScripts });
  if (session.json) return session.document(toDocument({ type: 'handler_added', ...offer, folder: handlersFolder(session.home), scriptsRun: allowScripts }));
  session.print(`Added ${offer.name} ${offer.version}: ${offer.handlers.map(({ name }) => name).join(', ')}`);
  if (offer.installScripts.length > 0 && !allowScripts) session.note('Its install scripts were not run. If it needs them: add it again with --allow-scripts.');
}

export async function remove(session: Session, _options: CommonOptions, packageName: string): Promise<void> {
  await requireAdded(session, packageName);
  await changeHandlers(session, ['uninstall', packageName]);
  if (session.json) return session.document({ type: 'handler_removed', package: packageName });
  session.print(`Removed ${packageName}.`);
}

/** The newest version, after it was looked at as a new one. */
export async function update(session: Session, options: ChangeOptions, packageName: string): Promise<number | void> {
  const { version } = await requireAdded(session, packageName);
  const { version: newest } = await lookUp(session, packageName);
  if (version === newest) {
    if (session.json) return session.document({ type: 'handler_current', package: packageName, version });
    return session.print(`${packageName} ${version} is the newest.`);
  }
  session.note(`${packageName} is at ${version}; the newest is ${newest}.`);
  return add(session, options, `${packageName}@${newest}`);
}

/** Which handler takes a model, and why, with all the others. */
export async function why(session: Session, options: CommonOptions & { file?: string }, model: string): Promise<number> {
  const { run } = await import('./check.js');
  return run(session, { ...options, explain: true }, model);
}

async function requireAdded(session: Session, packageName: string): Promise<{ version: string }> {
  const { handlers } = await (await session.engine()).registry();
  const own = handlers.find((handler) => handler.package === packageName && handler.origin === 'home');
  if (own) return own;
  const other = handlers.find((handler) => handler.package === packageName);
  throw new LlmiError('HANDLER_NOT_FOUND', {
    message: `${packageName} was not added with "llmi handlers add".`,
    hint: other ? `It is of the ${other.origin === 'project' ? 'project: use npm there' : 'installation of llmi'}.` : '"llmi handlers" lists those there are.',
  });
}
