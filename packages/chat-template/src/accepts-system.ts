/**
 * Whether a chat template has a place for a system text: it names that role, or writes whatever role a message has. Templates
 * that refuse it say so in an exception. Read from the text alone, because a template is only ever run in its thread.
 */
export function acceptsSystem(template: string): boolean {
  if (/raise_exception\([^)]*system[^)]*(not|n't)[^)]*\)/i.test(template)) return false;
  return /(['"])system\1/.test(template) || /(\+|~|\{\{-?)\s*\w+(\.role|\[(['"])role\3\])/.test(template);
}
