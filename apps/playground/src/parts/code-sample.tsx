import { useState } from 'preact/hooks';
import { highlight } from '../lib/markdown';
import { modelName } from '../lib/state';
import type { RequestBody } from '../lib/types';

const languages = { curl: 'bash', TypeScript: 'typescript', Python: 'python' } as const;
type Language = keyof typeof languages;

/** The request at hand as a program would send it. */
export function CodeSample({ body }: { body: RequestBody }) {
  const [language, setLanguage] = useState<Language>('curl');
  const text = samples[language](`${location.origin}/generate`, shortened({ model: modelName.value, ...body }) as RequestBody);
  return (
    <details class="code-sample">
      <summary>As code</summary>
      <div class="bar" role="group" aria-label="Language">
        {(Object.keys(languages) as Language[]).map((name) => (
          <button key={name} type="button" aria-pressed={name === language} onClick={() => setLanguage(name)}>
            {name}
          </button>
        ))}
        <button type="button" onClick={() => void navigator.clipboard.writeText(text)}>
          Copy
        </button>
      </div>
      <pre>
        <code dangerouslySetInnerHTML={{ __html: highlight(text, languages[language]) }} />
      </pre>
    </details>
  );
}

const samples: Record<Language, (url: string, body: RequestBody) => string> = {
  curl: (url, body) => `curl ${url} -H 'Content-Type: application/json' -d '${JSON.stringify(body, null, 2).replaceAll("'", "'\\''")}'`,
  TypeScript: (url, body) =>
    `const reply = await fetch('${url}', {\n  method: 'POST',\n  headers: { 'content-type': 'application/json' },\n  body: JSON.stringify(${indented(JSON.stringify(body, null, 2), 2)}),\n});\nconsole.log(await reply.json());`,
  Python: (url, body) => `import requests\n\nreply = requests.post("${url}", json=${pythonOf(body)})\nprint(reply.json())`,
};

const indented = (text: string, spaces: number) => text.replaceAll('\n', `\n${' '.repeat(spaces)}`);

function pythonOf(value: unknown): string {
  return JSON.stringify(value, null, 4).replace(/"(?:[^"\\]|\\.)*"|\b(true|false|null)\b/g, (token, word?: string) => (word === undefined ? token : { true: 'True', false: 'False', null: 'None' }[word]!));
}

/** Files would fill pages. */
function shortened(value: unknown): unknown {
  if (typeof value === 'string' && value.startsWith('data:') && value.length > 80) return `${value.slice(0, 48)}...`;
  if (Array.isArray(value)) return value.map(shortened);
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shortened(inner)]));
  return value;
}
