import type { DoctorItem } from '@llmi/engine';
import type { Colours } from '../render/colours.js';
import { toDocument } from '../render/snake-case.js';
import type { CommonOptions, Session } from '../session.js';

const failed = 1;

export async function run(session: Session, _options: CommonOptions): Promise<number> {
  const items = await (await session.engine()).doctor();
  const problems = items.filter(({ status }) => status === 'problem').length;
  if (session.json) {
    session.document(toDocument({ items, problems }));
  } else {
    const colours = session.colours();
    for (const item of items) session.print(formatItem(item, colours));
    session.print(problems === 0 ? 'No problems.' : `${problems} ${problems === 1 ? 'problem' : 'problems'}.`);
  }
  return problems === 0 ? 0 : failed;
}

function formatItem({ name, status, detail, cure }: DoctorItem, colours: Colours): string {
  const marks: Record<DoctorItem['status'], string> = { ok: colours.green('ok     '), warning: colours.yellow('warning'), problem: colours.red('problem') };
  return `${marks[status]}  ${name}: ${detail}${cure === undefined ? '' : `\n         ${cure}`}`;
}
