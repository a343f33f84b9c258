import createDOMPurify from 'dompurify';
import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import cpp from 'highlight.js/lib/languages/cpp';
import css from 'highlight.js/lib/languages/css';
import go from 'highlight.js/lib/languages/go';
import java from 'highlight.js/lib/languages/java';
import json from 'highlight.js/lib/languages/json';
import python from 'highlight.js/lib/languages/python';
import rust from 'highlight.js/lib/languages/rust';
import sql from 'highlight.js/lib/languages/sql';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';
import { Marked } from 'marked';

for (const [name, language] of Object.entries({ bash, cpp, css, go, java, json, python, rust, sql, typescript, xml, yaml })) hljs.registerLanguage(name, language);
hljs.registerAliases(['js', 'javascript', 'ts', 'tsx', 'jsx'], { languageName: 'typescript' });
hljs.registerAliases(['sh', 'shell', 'console'], { languageName: 'bash' });
hljs.registerAliases(['html', 'svg'], { languageName: 'xml' });

const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    code({ text, lang }) {
      const language = lang !== undefined && hljs.getLanguage(lang) ? lang : undefined;
      const code = language === undefined ? escape(text) : highlight(text, language);
      return `<pre><code>${code}</code></pre>`;
    },
    html: ({ text }) => escape(text), // shown, not done
    image: ({ text }) => escape(text), // the page asks nobody else for anything
  },
});

const purify = createDOMPurify(window);
purify.addHook('afterSanitizeAttributes', (node) => {
  if (node.tagName === 'A') {
    node.setAttribute('target', '_blank');
    node.setAttribute('rel', 'noopener noreferrer');
  }
});

/** HTML of a model's text. What a model writes is untrusted: it is sanitized, and nothing in it can load anything. */
export function toHtml(text: string): string {
  return purify.sanitize(marked.parse(text, { async: false }), { FORBID_TAGS: ['img', 'style', 'form', 'input', 'video', 'audio', 'iframe'], FORBID_ATTR: ['style'] });
}

export function highlight(text: string, language: string): string {
  return hljs.highlight(text, { language, ignoreIllegals: true }).value;
}

const escape = (text: string) => text.replace(/[&<>"]/g, (letter) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[letter]!);
