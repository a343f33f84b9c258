/** The first marker in a text, with what stands before it; or what can be shown while none is there. */
export type Scan = { found: string; before: string; after: string } | { found: undefined; shown: string; held: string };

/**
 * Looks for the first of several markers in a text that grows at its end. Where one marker begins like a longer one, the longer wins;
 * an end that could become a marker is held back.
 */
export function scanMarkers(text: string, markers: readonly string[]): Scan {
  let at = Infinity;
  let found: string | undefined;
  for (const marker of markers) {
    const index = text.indexOf(marker);
    if (index < 0 || index > at || (index === at && marker.length < found!.length)) continue;
    [at, found] = [index, marker];
  }
  const open = openStart(text, markers);
  if (found !== undefined && at <= open) {
    const canGrow = open === at && markers.some((marker) => marker.length > found.length && marker.startsWith(text.slice(at)));
    if (!canGrow) return { found, before: text.slice(0, at), after: text.slice(at + found.length) };
  }
  const shown = Math.min(open, at);
  return { found: undefined, shown: text.slice(0, shown), held: text.slice(shown) };
}

/** Where the text may begin a marker that it does not end; its length where it does not. */
function openStart(text: string, markers: readonly string[]): number {
  const longest = Math.max(0, ...markers.map((marker) => marker.length));
  for (let start = Math.max(0, text.length - longest + 1); start < text.length; start++) {
    const end = text.slice(start);
    if (markers.some((marker) => marker.length > end.length && marker.startsWith(end))) return start;
  }
  return text.length;
}
