import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import type { BatchError } from '../dialects/openai/batches/schemas.js';
import type { BatchRow } from './batch-store.js';

const maxRows = 50_000; // as OpenAI has it
const maxErrors = 100;

const rowSchema = z.object({ custom_id: z.string().min(1).max(512), method: z.literal('POST'), url: z.string(), body: z.record(z.string(), z.unknown()) });

/** The requests of an input file, or what is wrong with its lines. */
export async function readInput(content: Readable, endpoint: string): Promise<{ rows: BatchRow[]; errors: BatchError[] }> {
  const rows: BatchRow[] = [];
  const errors: BatchError[] = [];
  const names = new Map<string, number>();
  let line = 0;
  for await (const text of createInterface({ input: content, crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1;
    if (text.trim() === '') continue;
    const problem = (code: string, message: string, param: string | null = null) => errors.length < maxErrors && errors.push({ code, message, param, line });
    const parsed = rowSchema.safeParse(jsonOf(text));
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      problem(jsonOf(text) === undefined ? 'invalid_json_line' : 'invalid_request', jsonOf(text) === undefined ? 'This line is no JSON.' : `${issue!.path.join('.') || 'The line'}: ${issue!.message}.`, issue!.path.join('.') || null);
      continue;
    }
    const { custom_id, url, body } = parsed.data;
    const before = names.get(custom_id);
    if (before !== undefined) problem('duplicate_custom_id', `"${custom_id.slice(0, 100)}" was used in line ${before} already.`, 'custom_id');
    else if (url !== endpoint) problem('mismatched_url', `This batch is for ${endpoint}.`, 'url');
    else if (body.stream === true) problem('invalid_request', 'A batch has no streams: leave out "stream".', 'body.stream');
    names.set(custom_id, line);
    if (rows.length >= maxRows) {
      problem('too_many_requests', `A batch has at most ${maxRows} requests.`);
      break;
    }
    rows.push({ line, custom_id, body: JSON.stringify(body) });
  }
  if (rows.length === 0 && errors.length === 0) errors.push({ code: 'empty_file', message: 'The file has no requests: one JSON object on each line.', param: 'input_file_id', line: null });
  return { rows, errors };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
