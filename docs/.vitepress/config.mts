import { existsSync, statSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const source = 'https://github.com/llmi/llmi/blob/main/';

/** The address of a page: documents stand at the root of the site, the README of a package under its name. */
function addressOf(path: string): string {
  if (path.startsWith('docs/')) return path.slice('docs/'.length);
  const [, folder] = /^(?:packages|apps|examples)\/([^/]+)\/README\.md$/.exec(path) ?? [];
  if (folder !== undefined) return `packages/${folder}.md`;
  return path === 'README.md' ? 'overview.md' : path;
}

/** Links between documents work in the repository as they are: a folder means its README, and source is shown where the source is. */
function linkTo(page: string, href: string): string {
  if (/^([a-z]+:|#|\/)/i.test(href)) return href;
  const [path = '', anchor] = href.split('#', 2);
  const target = posix.join(posix.dirname(page), path);
  const file = join(repository, target);
  if (!existsSync(file)) return href; // the build names it
  const document = statSync(file).isDirectory() ? posix.join(target, 'README.md') : target;
  if (document.endsWith('.md') && existsSync(join(repository, document))) return `/${addressOf(document).replace(/\.md$/, '')}${anchor === undefined ? '' : `#${anchor}`}`;
  return /\.(svg|png|webp)$/.test(target) ? href : `${source}${target}`;
}

const page = (text: string, link: string) => ({ text, link });
const guide = (text: string, name: string) => page(text, `/guide/${name}`);
const readme = (name: string, text = name) => page(text, `/packages/${name}`);

export default defineConfig({
  title: 'llmi',
  description: 'Install, run and serve models from the Hugging Face hub: one tool, every modality, in npm.',
  srcDir: '..',
  srcExclude: ['**/node_modules/**', '**/dist/**', '.changeset/**', '**/CHANGELOG.md', '**/templates/**', 'benchmarks/.cache/**', '**/test/**'],
  rewrites: addressOf,
  outDir: './.vitepress/dist',
  cleanUrls: true,
  lastUpdated: false,
  markdown: {
    config(md) {
      md.core.ruler.push('links-in-the-repository', ({ tokens, env }) => {
        const here = relative(repository, (env as { realPath?: string; path: string }).realPath ?? (env as { path: string }).path).replaceAll('\\', '/');
        for (const token of tokens.flatMap(({ children }) => children ?? [])) {
          const href = token.type === 'link_open' ? token.attrGet('href') : null;
          if (href !== null) token.attrSet('href', linkTo(here, href));
        }
      });
    },
  },
  themeConfig: {
    search: { provider: 'local' }, // asks no other server
    nav: [page('Guide', '/guide/first-model'), page('Reference', '/reference/cli'), page('Architecture', '/architecture')],
    sidebar: [
      { text: 'Tutorials', items: [guide('Your first model', 'first-model'), page('Your first handler', '/add-a-handler'), guide('Behind a product', 'behind-a-product')] },
      {
        text: 'How to',
        items: [
          guide('Talk: chat, tools, JSON', 'text'),
          guide('Search: embed and rank', 'search'),
          guide('See: labels, boxes, masks', 'see'),
          guide('Hear and speak', 'sound'),
          guide('Paint and film', 'pictures'),
          guide('Any ONNX graph', 'any-graph'),
          guide('Convert, quantize, train', 'convert-and-train'),
          guide('In a program', 'in-a-program'),
          guide('Many machines, many requests', 'many-machines'),
        ],
      },
      { text: 'Coming from', items: [guide('Ollama', 'from-ollama'), guide('transformers.js', 'from-transformers-js'), guide('the Python program', 'from-python')] },
      { text: 'Explanation', items: [page('Architecture', '/architecture'), guide('Memory, counted', 'memory'), guide('Security', 'security')] },
      {
        text: 'Reference',
        items: [page('Command line', '/reference/cli'), page('HTTP', '/reference/http'), page('Handlers', '/reference/handlers'), page('Handler manifest', '/manifest'), page('Errors', '/errors')],
      },
      {
        text: 'Packages',
        collapsed: true,
        items: ['cli', 'server', 'engine', 'client', 'ai-sdk-provider', 'core', 'hub', 'convert', 'handler-transformer', 'handler-embedding', 'handler-vision', 'handler-audio', 'handler-multimodal', 'handler-janus', 'handler-diffusion', 'handler-specialized', 'handler-testkit', 'create-llmi-handler', 'media', 'tensor', 'chat-template', 'grammar', 'runtime-llama-cpp', 'runtime-onnx', 'runtime-transformers', 'demo-model'].map((name) => readme(name)),
      },
    ],
  },
});
