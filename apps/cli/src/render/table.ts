/** Visible width: colour codes take no room. */
function width(text: string): number {
  // eslint-disable-next-line no-control-regex
  return text.replace(/\u001b\[[0-9;]*m/g, '').length;
}

/** Rows under a heading, columns aligned, two spaces between. */
export function formatTable(heading: string[], rows: string[][]): string[] {
  const all = [heading, ...rows];
  const widths = heading.map((_, column) => Math.max(...all.map((row) => width(row[column] ?? ''))));
  return all.map((row) => row.map((cell, column) => cell + ' '.repeat(widths[column]! - width(cell))).join('  ').trimEnd());
}

/** `name   value` lines, the values aligned. */
export function formatFacts(facts: [name: string, value: string | undefined][]): string[] {
  const known = facts.filter((fact): fact is [string, string] => fact[1] !== undefined && fact[1] !== '');
  const widest = Math.max(0, ...known.map(([name]) => width(name)));
  return known.map(([name, value]) => `${name}${' '.repeat(widest - width(name))}  ${value.replaceAll('\n', `\n${' '.repeat(widest + 2)}`)}`);
}
