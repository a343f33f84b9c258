import { join } from 'node:path';

/** What a model folder gets beside llmi.json, so that it can be served by itself. */
export function startScripts(options: { modelName: string; installationDir?: string; nodePath: string }): Record<string, { content: string; mode?: number }> {
  const cli = options.installationDir === undefined ? undefined : join(options.installationDir, 'bin', 'llmi.js');
  return {
    'start.sh': { content: shellScript(options.nodePath, cli), mode: 0o755 },
    'start.cmd': { content: windowsScript(options.nodePath, cli) },
    'README.md': { content: modelReadme(options.modelName) },
  };
}

/** POSIX shell takes anything between single quotes literally but the quote itself. */
const shellQuote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

function shellScript(nodePath: string, cli: string | undefined): string {
  const installed = cli === undefined ? '' : `if [ -x ${shellQuote(nodePath)} ] && [ -f ${shellQuote(cli)} ]; then exec ${shellQuote(nodePath)} ${shellQuote(cli)} serve . "$@"; fi\n`;
  return `#!/bin/sh
# Serves the model of this folder, by default at http://127.0.0.1:8000. Takes the options of "llmi serve".
cd "$(dirname "$0")" || exit 1
${installed}if command -v llmi >/dev/null 2>&1; then exec llmi serve . "$@"; fi
exec npx --yes llmi serve . "$@"
`;
}

/** cmd.exe expands percent signs even between quotes; doubled they stand for themselves. */
const windowsQuote = (text: string) => `"${text.replaceAll('%', '%%')}"`;

function windowsScript(nodePath: string, cli: string | undefined): string {
  const installed =
    cli === undefined ? '' : `if exist ${windowsQuote(nodePath)} if exist ${windowsQuote(cli)} (\r\n  ${windowsQuote(nodePath)} ${windowsQuote(cli)} serve . %*\r\n  exit /b\r\n)\r\n`;
  return `@echo off\r
rem Serves the model of this folder, by default at http://127.0.0.1:8000. Takes the options of "llmi serve".\r
cd /d "%~dp0"\r
${installed}where llmi >nul 2>nul && (llmi serve . %* & exit /b)\r
npx --yes llmi serve . %*\r
`;
}

function modelReadme(modelName: string): string {
  return `# ${modelName}

Installed by llmi. \`./start.sh\` (Windows: \`start.cmd\`) serves this model at http://127.0.0.1:8000:

    curl http://127.0.0.1:8000/generate -H 'Content-Type: application/json' -d '{"prompt": "Hello"}'

\`llmi.json\` says which files of which commit it runs, \`logs/\` holds what the model's process printed, and
\`llmi remove ${modelName}\` takes it off this machine.
`;
}
