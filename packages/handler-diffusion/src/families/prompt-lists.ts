/** Texts for every prompt of a batch: one for all, or one for each. */
export function textsFor(prompts: readonly string[], given: string | readonly string[] | undefined, otherwise: readonly string[]): readonly string[] {
  // An empty text counts as none given, as in diffusers.
  if (given === undefined || given === '') return otherwise;
  return typeof given === 'string' ? prompts.map(() => given) : given;
}
