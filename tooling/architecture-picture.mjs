// node tooling/architecture-picture.mjs: draws docs/architecture.svg from the import graph of the packages. A test compares the two.
import { writeFileSync } from 'node:fs';
import { importGraph, packages } from './import-graph.mjs';

export const pictureFile = new URL('../docs/architecture.svg', import.meta.url);

const engineFolder = 'packages/engine';

// Pixels.
const box = { width: 152, height: 34 };
const gap = { x: 18, y: 62 };
const padding = 28;

/** Kinds of packages, left to right in a row, each with its colours. */
const kinds = [
  { name: 'serving and installing', fill: '#dbeafe', stroke: '#2563eb', of: () => true },
  { name: 'runtimes and what they share', fill: '#dcfce7', stroke: '#16a34a', of: ({ folder }) => /\/(runtime-|media$|tensor$|chat-template$|grammar$)/.test(folder) },
  { name: 'handlers', fill: '#fef3c7', stroke: '#d97706', of: ({ isHandler }) => isHandler },
  { name: 'for programs and authors', fill: '#f3e8ff', stroke: '#9333ea', of: ({ folder }) => /\/(client|ai-sdk-provider|handler-testkit|create-llmi-handler|demo-model|playground)$/.test(folder) },
];

/** The picture as it should be. */
export function pictureSource() {
  const graph = withoutShortcuts(importGraph());
  const nodes = place(packages().map((found) => ({ ...found, kind: kinds.findLastIndex(({ of }) => of(found)) })), graph);
  const places = new Map(nodes.map((node) => [node.folder, node]));
  const width = Math.max(...nodes.map(({ x }) => x)) + box.width + padding;
  const height = Math.max(...nodes.map(({ y }) => y)) + box.height + padding + 30;
  const arrows = [...graph].flatMap(([from, targets]) => [...targets].sort().map((to) => arrow(places.get(from), places.get(to))));
  const engine = places.get(engineFolder);
  const manifests = nodes.filter(({ isHandler }) => isHandler).map((handler) => arrow(engine, handler, ' stroke-dasharray="4 4" opacity="0.55"'));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13">
<title>Packages of llmi and what they import</title>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 0 8 4 0 8z" fill="#6b7280"/></marker></defs>
<rect width="100%" height="100%" rx="8" fill="#ffffff"/>
<g fill="none" stroke="#6b7280" stroke-width="1.2" marker-end="url(#head)">
${[...arrows, ...manifests].join('\n')}
</g>
${nodes.map(drawn).join('\n')}
${legend(height)}
</svg>
`;
}

/** Without the arrows that a longer way makes plain: an arrow of its own for each layer that is skipped would hide the layers. */
function withoutShortcuts(graph) {
  const reaches = (from, to, seen = new Set()) =>
    [...graph.get(from)].some((next) => next === to || (!seen.has(next) && reaches(next, to, seen.add(next))));
  return new Map([...graph].map(([from, targets]) => [from, new Set([...targets].filter((to) => ![...targets].some((other) => other !== to && reaches(other, to))))]));
}

/** Rows by how much is under a package: nothing at the bottom, the handlers side by side under the engine. In a row by kind, then by name. */
function place(nodes, graph) {
  const height = (folder) => Math.max(-1, ...[...graph.get(folder)].map(height)) + 1;
  const handlers = new Set(nodes.filter(({ isHandler }) => isHandler).map(({ folder }) => folder));
  const handlerRow = Math.max(...[...handlers].map(height));
  const rank = (folder) => (handlers.has(folder) ? handlerRow : Math.max(folder === engineFolder ? handlerRow : -1, ...[...graph.get(folder)].map(rank)) + 1);
  const used = new Set([...graph.values()].flatMap((targets) => [...targets]));
  const alone = (folder) => graph.get(folder).size === 0 && !used.has(folder);
  const rows = new Map();
  for (const node of nodes) {
    const row = alone(node.folder) ? 0 : rank(node.folder);
    rows.set(row, [...(rows.get(row) ?? []), node]);
  }
  const top = Math.max(...rows.keys());
  const widest = Math.max(...[...rows.values()].map((row) => row.length));
  return [...rows].flatMap(([row, members]) => {
    const start = padding + ((widest - members.length) * (box.width + gap.x)) / 2;
    return members
      .sort((left, right) => left.kind - right.kind || left.folder.localeCompare(right.folder))
      .map((node, column) => ({ ...node, x: Math.round(start + column * (box.width + gap.x)), y: padding + (top - row) * (box.height + gap.y) }));
  });
}

/** From the bottom of one box to the top of another; sideways where they are in one row or below each other the wrong way. */
function arrow(from, to, attributes = '') {
  const isBelow = to.y > from.y;
  const [startX, endX] = [from.x + box.width / 2, to.x + box.width / 2];
  const [startY, endY] = isBelow ? [from.y + box.height, to.y] : [from.y, to.y + box.height];
  const bend = (isBelow ? 1 : -1) * Math.max(26, Math.abs(endY - startY) / 2);
  return `<path d="M${startX} ${startY}C${startX} ${startY + bend} ${endX} ${endY - bend} ${endX} ${endY}"${attributes}/>`;
}

function drawn({ folder, name, kind, x, y }) {
  const { fill, stroke } = kinds[kind];
  return `<g><title>${name}</title><rect x="${x}" y="${y}" width="${box.width}" height="${box.height}" rx="6" fill="${fill}" stroke="${stroke}"/><text x="${x + box.width / 2}" y="${y + 22}" text-anchor="middle" fill="#111827">${folder.replace(/^packages\//, '')}</text></g>`;
}

function legend(height) {
  const y = height - 20;
  const entries = kinds.map(({ name, fill, stroke }, index) => `<rect x="${padding + index * 230}" y="${y - 11}" width="14" height="14" rx="3" fill="${fill}" stroke="${stroke}"/><text x="${padding + index * 230 + 21}" y="${y}" fill="#374151">${name}</text>`);
  const x = padding + kinds.length * 230;
  return `${entries.join('\n')}\n<path d="M${x} ${y - 4}h28" stroke="#6b7280" stroke-dasharray="4 4"/><text x="${x + 36}" y="${y}" fill="#374151">loads by manifest</text>`;
}

if (process.argv[1] === new URL(import.meta.url).pathname) writeFileSync(pictureFile, pictureSource());
