import { toDocument } from '../render/snake-case.js';
import { formatTable } from '../render/table.js';
import type { CommonOptions, Session } from '../session.js';

export async function run(session: Session, _options: CommonOptions): Promise<void> {
  const registry = await (await session.engine()).registry();
  if (session.json) {
    const handlers = registry.handlers.map(({ manifest, ...handler }) => ({ ...handler, ...manifest }));
    return session.document(toDocument({ handlers, problems: registry.problems }));
  }
  const colours = session.colours();
  const rows = registry.handlers.map(({ manifest, package: packageName, version, origin }) => [manifest.name, `${packageName} ${version}`, origin, manifest.formats.join(', ') || 'any', manifest.tasks.join(', ')]);
  if (rows.length === 0) session.note('No handlers found. Install one: npm install @llmi/handler-transformer');
  else for (const line of formatTable(['NAME', 'PACKAGE', 'FROM', 'FORMATS', 'TASKS'].map(colours.bold), rows)) session.print(line);
  for (const { package: packageName, folder, problem } of registry.problems) {
    session.note(`${session.colours(session.stderr).yellow('problem:')} ${packageName}: ${problem} (${folder})`);
  }
}
