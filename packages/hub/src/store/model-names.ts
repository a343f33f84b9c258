/** What the name of an installed model is made from. */
export interface NameParts {
  name: string; // org/name
  quantization?: string | null;
  /** The branch, tag or commit that was asked for; none follows the main branch. */
  revision?: string | null;
  folderName: string;
}

/**
 * A name for each model that means it alone: `org/name` where that is enough, else with the quantization, else with the revision,
 * else the folder's. Where one follows the main branch and another stays at a revision, the plain name means the first.
 */
export function distinctNames(models: readonly NameParts[]): string[] {
  const uses = new Map<string, { all: number; following: number }>();
  for (const model of models) {
    for (const label of new Set(labelsOf(model))) {
      const use = uses.get(label) ?? { all: 0, following: 0 };
      uses.set(label, { all: use.all + 1, following: use.following + (isFollowing(model) ? 1 : 0) });
    }
  }
  const means = (label: string, model: NameParts) => uses.get(label)!.all === 1 || (isFollowing(model) && uses.get(label)!.following === 1);
  return models.map((model) => labelsOf(model).find((label) => means(label, model)) ?? model.folderName);
}

/** True for a commit's hash, or the beginning of one, as people write it. */
export function isHashLike(revision: string): boolean {
  return /^[0-9a-f]{7,64}$/.test(revision);
}

const isFollowing = ({ revision }: NameParts) => (revision ?? undefined) === undefined;

function labelsOf({ name, quantization, revision }: NameParts): string[] {
  const plain = [name, ...(quantization ? [`${name}:${quantization}`] : [])];
  if (!revision) return plain;
  const shown = isHashLike(revision) ? revision.slice(0, 12) : revision;
  return [...plain, ...plain.map((label) => `${label}@${shown}`)];
}
