import { withInterrupt } from '../interrupt.js';
import { modelReference } from '../model-argument.js';
import { checkDocument, formatCheck } from '../render/check-report.js';
import type { CommonOptions, Session } from '../session.js';

interface CheckOptions extends CommonOptions {
  explain?: boolean;
  file?: string;
  base?: string;
}

const doesNotFit = 4;

export async function run(session: Session, { explain, file, base }: CheckOptions, model: string): Promise<number> {
  const engine = await session.engine();
  const reference = modelReference(model, session.terminal);
  const report = await withInterrupt(session.terminal, (signal) => engine.check(reference, { file, base, signal }));
  if (session.json) session.document(checkDocument(report));
  else for (const line of formatCheck(report, { explain: explain === true, colours: session.colours() })) session.print(line);
  return report.verdict.fits ? 0 : doesNotFit;
}
