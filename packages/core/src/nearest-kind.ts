import { nearest } from './wire.js';

const sharedLetters = 4;

/** What comes after the family in the name of a class: ForCausalLM, Model, Pipeline. */
const endings = /(For[A-Z]\w*|LMHeadModel|Model|Pipeline)$/;

/** The known class or type of model that a name is closest to: by the spelling of its family, else by how it begins (Qwen3Next is a Qwen). */
export function nearestKind(name: string, known: readonly string[]): string | undefined {
  const stem = (kind: string) => kind.replace(endings, '').toLowerCase();
  const own = stem(name);
  const byStem = new Map(known.map((kind) => [stem(kind), kind]));
  const near = nearest(own, [...byStem.keys()].filter((other) => other[0] === own[0]));
  if (near !== undefined) return byStem.get(near);
  const shared = (other: string) => {
    const differs = [...other].findIndex((letter, index) => letter !== own[index]);
    return differs < 0 ? other.length : differs;
  };
  const best = [...byStem.keys()].reduce((left, right) => (shared(right) > shared(left) ? right : left), '');
  return shared(best) >= sharedLetters ? byStem.get(best) : undefined;
}
