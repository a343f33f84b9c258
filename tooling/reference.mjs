// node tooling/reference.mjs: writes docs/reference/ from the command line's help, the server's /openapi.json and the handlers' manifests.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const made = (title, what) => `# ${title}\n\nMade by \`node tooling/reference.mjs\` from ${what}.\n`;

/** The pages as they should be, by path. */
export async function referencePages() {
  return { 'docs/reference/cli.md': commandLine(), 'docs/reference/http.md': await http(), 'docs/reference/handlers.md': handlers() };
}

function commandLine() {
  const home = mkdtempSync(join(tmpdir(), 'llmi-reference-'));
  const llmi = (...words) => execFileSync(process.execPath, [join(root, 'apps/cli/bin/llmi.js'), ...words], { encoding: 'utf8', env: { PATH: process.env.PATH, HOME: home, LLMI_HOME: home, NO_COLOR: '1', COLUMNS: '100' } });
  try {
    const overview = llmi('help');
    const commandsIn = (text) => [...(text.split('Commands:')[1] ?? '').matchAll(/^ {2}([a-z-]+)(?:\||\s)/gm)].map(([, name]) => name).filter((name) => !['llmi', 'help'].includes(name));
    const sections = commandsIn(overview).flatMap((name) => {
      const help = llmi('help', name);
      return [section('##', `llmi ${name}`, help), ...commandsIn(help).map((below) => section('###', `llmi ${name} ${below}`, llmi('help', name, below)))];
    });
    return [made('Command line', 'the help of the commands'), `\`\`\`\n${overview.trim()}\n\`\`\`\n`, ...sections].join('\n');
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

const section = (level, title, text) => `${level} ${title}\n\n\`\`\`\n${text.trim()}\n\`\`\`\n`;

const tags = { native: 'The native API', openai: 'OpenAI', ollama: 'Ollama', anthropic: 'Anthropic', server: 'The server itself' };

async function http() {
  const { buildServer } = await import(new URL('../apps/server/dist/index.js', import.meta.url));
  const settings = { home: join(root, 'no-such-home'), hub: { cacheDir: join(root, 'no-such-cache') }, parallel: 1 };
  const app = await buildServer({ engine: { settings, models: async () => [], loaded: () => [] }, version: '0' });
  const { paths, components } = JSON.parse((await app.inject('/openapi.json')).body);
  await app.close();
  const operations = Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })));
  const routes = Object.entries(tags).map(([tag, title]) => {
    const rows = operations.filter((operation) => operation.tags[0] === tag).map(({ method, path, summary, requestBody }) => `| \`${method} ${path}\` | ${summary} | ${bodyOf(requestBody)} |`);
    return `## ${title}\n\n| route | | body |\n|---|---|---|\n${rows.join('\n')}\n`;
  });
  const bodies = [...new Set(operations.flatMap(({ requestBody }) => schemaNames(requestBody)))].sort();
  const schemas = bodies.map((name) => `### ${name}\n\n| field | type | |\n|---|---|---|\n${fieldsOf(components.schemas[name], components.schemas).join('\n')}\n`);
  return [made('HTTP', "the server's `/openapi.json`, which any running server gives in full"), ...routes, '## Bodies\n\nFields with * must be given.\n', ...schemas].join('\n');
}

const schemaNames = (requestBody) => [...JSON.stringify(requestBody ?? {}).matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name);
const bodyOf = (requestBody) => [...new Set(schemaNames(requestBody))].map((name) => `[${name}](#${name.toLowerCase()})`).join(', ');

function fieldsOf(schema, schemas) {
  const { properties = {}, required = [] } = resolve(schema, schemas);
  return Object.entries(properties).map(([name, field]) => `| \`${name}\`${required.includes(name) ? ' *' : ''} | ${cell(typeOf(resolve(field, schemas), schemas))} | ${cell([limitsOf(field), field.description].filter(Boolean).join('. '))} |`);
}

function resolve(schema, schemas) {
  const name = /\/(\w+)$/.exec(schema.$ref ?? '')?.[1];
  return name ? schemas[name] : schema;
}

function typeOf(schema, schemas) {
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.const !== undefined) return `\`${schema.const}\``;
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return [...new Set(options.map((option) => typeOf(resolve(option, schemas), schemas)))].filter((type) => type !== '').join(' or ');
  if (schema.type === 'array') return `${typeOf(resolve(schema.items ?? {}, schemas), schemas)}[]`;
  return [schema.type ?? 'anything'].flat().filter((type) => type !== 'null').join(' or ');
}

function limitsOf(schema) {
  const { minimum, maximum, multipleOf } = (schema.anyOf ?? []).find(({ type }) => type === 'number' || type === 'integer') ?? schema;
  const range = [minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? '' : `from ${minimum}`, maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? '' : `to ${maximum}`].filter(Boolean).join(' ');
  return [range, multipleOf === undefined ? '' : `a multiple of ${multipleOf}`].filter(Boolean).join(', ');
}

const cell = (text) => text.replace(/\|/g, '\\|').replace(/</g, '&lt;').replace(/\n/g, ' ');

function handlers() {
  const folder = join(root, 'packages');
  const sections = readdirSync(folder)
    .filter((name) => name.startsWith('handler-'))
    .sort()
    .map((name) => ({ folder: name, ...JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')) }))
    .filter(({ llmi }) => llmi?.handlers)
    .flatMap(({ folder: name, name: npmName, llmi }) => llmi.handlers.map((handler) => sectionOf(name, npmName, handler)));
  return [made('Handlers', "the handlers' manifests"), 'The [manifest](../manifest.md) explains how a model finds its handler.\n', ...sections].join('\n');
}

function sectionOf(folder, npmName, { name, description = '', tasks = [], formats = [], match = {} }) {
  const patterns = Object.entries(match).map(([kind, values]) => `| ${kind} | ${values.map((value) => `\`${value}\``).join(', ')} |`);
  return [
    `## ${name}\n`,
    `[${npmName}](../../packages/${folder}/README.md): ${description}\n`,
    `Tasks: ${tasks.map((task) => `\`${task}\``).join(', ')}.${formats.length > 0 ? ` Formats: ${formats.join(', ')}.` : ''}\n`,
    ...(patterns.length > 0 ? [`| takes a model by | |\n|---|---|\n${patterns.join('\n')}\n`] : []),
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of Object.entries(await referencePages())) writeFileSync(join(root, path), text);
}
