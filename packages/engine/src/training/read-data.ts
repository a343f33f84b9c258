import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { LlmiError } from '@llmi/core';
import { z } from 'zod';
import type { ExampleLayout, TrainingData } from './contract.js';

const text = z.string().min(1);
const conversation = z.object({ messages: z.array(z.object({ role: z.enum(['system', 'user', 'assistant', 'tool']), content: z.string() })).min(2) });

/** Source: the dataset formats of TRL (https://huggingface.co/docs/trl/dataset_formats), and Alpaca's. */
const layouts: Record<ExampleLayout, z.ZodType> = {
  chat: conversation.refine(({ messages }) => messages.at(-1)?.role === 'assistant', { message: 'the last message must be of the assistant: it is what is learned', path: ['messages'] }),
  instruction: z.object({ instruction: text, input: z.string().optional(), output: text }),
  completion: z.object({ prompt: text, completion: text }),
  text: z.object({ text }),
};
const keyOf: Record<string, ExampleLayout> = { messages: 'chat', instruction: 'instruction', prompt: 'completion', text: 'text' };

/** Larger arrays are better kept as lines, which need not be in memory at once. */
const maxArrayBytes = 256 << 20;

/**
 * Reads a file of examples to its end, and tells how they are laid out: all alike.
 * @throws {LlmiError} INPUT_INVALID naming the line, and what is wrong with it
 */
export async function readTrainingData(path: string, { signal }: { signal?: AbortSignal } = {}): Promise<TrainingData> {
  const size = (await stat(path).catch(() => undefined))?.size;
  if (size === undefined) throw invalid(`There is no file ${path}.`, 'Name a file of examples: --data examples.jsonl');
  const isArray = await beginsWithArray(path);
  if (isArray && size > maxArrayBytes) throw invalid('The file is one JSON array of more than 256 MB.', 'Write one example on each line instead (JSON Lines).');
  const examples = isArray ? arrayItems(await readFile(path, 'utf8')) : fileLines(path, signal);
  let layout: ExampleLayout | undefined;
  let count = 0;
  for await (const { value, place } of examples) {
    signal?.throwIfAborted();
    layout ??= layoutOf(value, place);
    const { success, error } = layouts[layout].safeParse(value);
    if (!success) {
      const [issue] = error.issues;
      throw invalid(`${place} is no example of the layout "${layout}" that the first one has: ${[issue!.path.join('.'), issue!.message].filter((part) => part !== '').join(': ')}.`, 'All examples have the same fields.');
    }
    count++;
  }
  if (layout === undefined) throw invalid('The file has no examples.', 'Write one JSON object on each line.');
  return { path, layout, examples: count, format: isArray ? 'json' : 'jsonl' };
}

/** Some editors begin a file with a byte order mark. */
const withoutMark = (content: string) => content.replace(/^\ufeff/, '');

interface Item {
  value: unknown;
  place: string;
}

async function* fileLines(path: string, signal?: AbortSignal): AsyncGenerator<Item> {
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(path, { signal }), crlfDelay: Infinity })) {
    number++;
    if (line.trim() === '') continue;
    try {
      yield { value: JSON.parse(number === 1 ? withoutMark(line) : line) as unknown, place: `Line ${number}` };
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause;
      throw invalid(`Line ${number} is no JSON: ${cause.message}.`, 'Write one JSON object on each line.');
    }
  }
}

function* arrayItems(content: string): Generator<Item> {
  let items: unknown;
  try {
    items = JSON.parse(withoutMark(content));
  } catch (cause) {
    throw invalid(`The file is no JSON: ${(cause as Error).message}.`, 'Write one JSON array, or one JSON object on each line.');
  }
  for (const [index, value] of (items as unknown[]).entries()) yield { value, place: `Example ${index + 1}` };
}

async function beginsWithArray(path: string): Promise<boolean> {
  for await (const chunk of createReadStream(path, { end: 1023, encoding: 'utf8' }) as AsyncIterable<string>) return withoutMark(chunk).trimStart().startsWith('[');
  return false;
}

function layoutOf(value: unknown, place: string): ExampleLayout {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  const known = Object.keys(keyOf).find((key) => keys.includes(key));
  if (known !== undefined) return keyOf[known]!;
  throw invalid(
    `${place} has none of the fields that an example has${keys.length === 0 ? '' : ` (it has ${keys.slice(0, 8).join(', ')})`}.`,
    'Use one of: {"messages": [{"role", "content"}]}, {"instruction", "input", "output"}, {"prompt", "completion"}, {"text"}.',
  );
}

function invalid(message: string, hint: string): LlmiError {
  return new LlmiError('INPUT_INVALID', { message, hint, param: 'data' });
}
