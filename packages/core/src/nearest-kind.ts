import { nearest } from './wire.js';

const sharedLetters = 4;

/** What comes after the family in the name of a class: ForCausalLM, Model, Pipeline. */
const endings = /(For[A-Z]\w*|LMHeadModel|Model|Pipeline)$/;

/** The known class or type of model that a name is closest to: by the spelling of its family, else by how it begins (Qwen3Next is a Qwen). */
export function nearestKind(name: string, known: readonly string[]): string | undefined {
  const own = stemOf(name);
  const stems = [...new Set(known.map(stemOf))];
  const near = nearest(own, stems.filter((stem) => stem[0] === own[0])) ?? mostAlikeAtFirst(own, stems);
  if (near === undefined) return undefined;
  const family = known.filter((kind) => stemOf(kind) === near);
  return nearest(name, family) ?? family[0];
}

const stemOf = (kind: string) => kind.replace(endings, '').toLowerCase();

function mostAlikeAtFirst(own: string, stems: readonly string[]): string | undefined {
  const shared = (stem: string) => {
    const differs = [...stem].findIndex((letter, index) => letter !== own[index]);
    return differs < 0 ? stem.length : differs;
  };
  const best = stems.reduce((left, right) => (shared(right) > shared(left) ? right : left), '');
  return shared(best) >= sharedLetters ? best : undefined;
}
