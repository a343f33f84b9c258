// node tooling/terminal-picture.mjs: makes docs/terminal.svg, the picture in the README, from what the commands really print.
// They run in a pseudo-terminal (the `script` program of util-linux) with an empty llmi home.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const demo = 'packages/demo-model/model/llmi-demo-q8_0.gguf';
const commands = [`npx llmi check ${demo}`, 'npx llmi run llmi/demo "How do I install a model?"'];
const columns = 126;
const [charWidth, lineHeight, padding] = [8.4, 19, 18]; // pixels of the 14 px monospaced font

const colours = { 31: '#ff7b72', 32: '#7ee787', 33: '#e3b341', 34: '#79c0ff', 35: '#d2a8ff', 36: '#76e3ea', 90: '#8b949e' };

/** A terminal's escape sequence, kept by split. */
const sequence = new RegExp(`(${String.fromCharCode(27)}\\[[0-9;?]*[a-zA-Z])`);

const home = mkdtempSync(join(tmpdir(), 'llmi-picture-'));
const lines = [];
try {
  for (const command of commands) {
    lines.push(`\u001b[1m$ ${command}\u001b[0m`, ...print(command).split('\n'), '');
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}
writeFileSync(new URL('../docs/terminal.svg', import.meta.url), picture(lines.slice(0, -1)));

function print(command) {
  const environment = { ...process.env, LLMI_HOME: home, TERM: 'xterm-256color', COLUMNS: String(columns), npm_config_loglevel: 'error', npm_config_progress: 'false' };
  delete environment.NO_COLOR;
  const output = execFileSync('script', ['-qec', `stty cols ${columns}; ${command}`, '/dev/null'], { cwd: root, env: environment, encoding: 'utf8' });
  // A carriage return begins the line anew; of what was drawn over, only the last counts.
  return output.replaceAll('\r\n', '\n').split('\n').map((line) => line.slice(line.lastIndexOf('\r') + 1)).join('\n').trimEnd();
}

function picture(rows) {
  const wrapped = rows.flatMap(wrap);
  const width = Math.round(columns * charWidth + 2 * padding);
  const height = wrapped.length * lineHeight + 2 * padding + 24;
  const text = wrapped.map((row, index) => `<text x="${padding}" y="${padding + 36 + index * lineHeight}" xml:space="preserve">${spans(row)}</text>`).join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">
<rect width="100%" height="100%" rx="8" fill="#16181d"/>
<circle cx="20" cy="18" r="6" fill="#ff5f57"/><circle cx="40" cy="18" r="6" fill="#febc2e"/><circle cx="60" cy="18" r="6" fill="#28c840"/>
<g fill="#d7dae0">
${text}
</g>
</svg>
`;
}

/** A row in pieces of at most `columns` characters; escape sequences take no room. */
function wrap(row) {
  const pieces = [''];
  let used = 0;
  for (const part of row.split(sequence)) {
    if (part.startsWith('\u001b')) pieces[pieces.length - 1] += part;
    else
      for (const character of part) {
        if (used === columns) [pieces[pieces.length], used] = ['', 0];
        pieces[pieces.length - 1] += character;
        used += 1;
      }
  }
  return pieces;
}

/** SGR sequences as SVG spans: bold, dim, underline and the eight colours. */
function spans(row) {
  let style = {};
  return row
    .split(sequence)
    .map((part) => {
      const codes = part.startsWith('\u001b') && part.endsWith('m') ? part.slice(2, -1) : undefined;
      if (codes !== undefined) for (const code of (codes || '0').split(';').map(Number)) style = apply(style, code);
      if (part.startsWith('\u001b') || part === '') return '';
      const attributes = Object.entries(style).map(([name, value]) => ` ${name}="${value}"`).join('');
      const escaped = part.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
      return attributes === '' ? escaped : `<tspan${attributes}>${escaped}</tspan>`;
    })
    .join('');
}

function apply(style, code) {
  if (code === 0) return {};
  if (code === 1) return { ...style, 'font-weight': 'bold' };
  if (code === 2) return { ...style, 'fill-opacity': '0.6' };
  if (code === 22) return Object.fromEntries(Object.entries(style).filter(([name]) => name !== 'font-weight' && name !== 'fill-opacity'));
  if (code === 39) return Object.fromEntries(Object.entries(style).filter(([name]) => name !== 'fill'));
  return colours[code] ? { ...style, fill: colours[code] } : style;
}
