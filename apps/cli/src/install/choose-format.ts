import type { Alternatives, OtherFormat } from '@llmi/engine';
import { formatBytes } from '@llmi/core/units';
import { confirm } from '../confirm.js';
import type { Session } from '../session.js';

interface ChoiceOptions {
  /** Takes the best way without asking. */
  yes?: boolean;
  /** Converts here, whatever others have made. */
  convert?: boolean;
}

/**
 * What decides for a repository whose format no handler reads: flags, or the person. First the same model in another repository, then a
 * conversion here; undefined where nobody can be asked, or wants none.
 */
export function formatChooser(session: Session, { yes = false, convert = false }: ChoiceOptions): (alternatives: Alternatives) => Promise<OtherFormat | undefined> {
  return async ({ id, siblings, convertible, sourceBytes }) => {
    const [best, ...others] = siblings;
    const agrees = async (question: string) => yes || (session.isInteractive && (await confirm(session, question)));
    if (best && !convert) {
      if (!yes && session.isInteractive) session.note(`${id} has safetensors only. In ${best.format.toUpperCase()} it is ${best.id} (${best.downloads} downloads)${others.length === 0 ? '' : `; also ${others.slice(0, 3).map((other) => other.id).join(', ')}`}.`);
      if (await agrees(`Install ${best.id} instead?`)) {
        if (yes) session.note(`${id} has safetensors only: ${best.id} is taken, the same model in ${best.format.toUpperCase()}.`);
        return { take: 'sibling', id: best.id };
      }
    }
    if (!convertible.ok) return undefined;
    if (convert || (await agrees(`Convert ${id} here? ${formatBytes(sourceBytes)} are read.`))) return { take: 'conversion' };
    return undefined;
  };
}
