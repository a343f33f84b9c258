import type { Writable } from 'node:stream';
import { pino } from 'pino';
import type { LogEntry } from '@llmi/engine';

/** Fields whose values are nobody's business, wherever they come from. */
const secrets = ['authorization', 'api_key', 'apiKey', 'token', 'password', 'cookie', '["x-api-key"]'];

/** Bearer tokens and keys that got into a text, as of an error of another library. */
const secretInText = /(Bearer\s+)\S+|\b(hf_|sk-)[\w-]{8,}/gi;

/**
 * Writes log entries as lines of JSON: `startServer({ log: jsonLog(process.stderr) })`. Each has `time`, `level` and `message`, those of
 * a request its `request_id`; no prompt, no answer and no key is in them.
 */
export function jsonLog(destination: Writable, { level = 'info' }: { level?: LogEntry['level'] } = {}): (entry: LogEntry) => void {
  const logger = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: [...secrets, ...secrets.map((name) => (name.startsWith('[') ? `*${name}` : `*.${name}`))], censor: '[redacted]' },
    },
    destination,
  );
  return ({ level: entryLevel, message, ...fields }) => {
    const clean = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? withoutSecrets(value) : value]));
    logger[entryLevel](clean, withoutSecrets(message));
  };
}

function withoutSecrets(text: string): string {
  return text.replace(secretInText, (_all, bearer: string | undefined, prefix: string | undefined) => `${bearer ?? prefix ?? ''}[redacted]`);
}
