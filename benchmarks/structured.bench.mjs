// Answers held to a schema: whether 500 of a model that makes no sense are valid, with either runtime; and what a mask over a large
// vocabulary costs.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { collect, modelInfoSchema } from '@llmi/core';
import { jsonGrammarText, TokenGrammar, TokenTrie } from '@llmi/grammar';
import { TransformerHandler } from '@llmi/handler-transformer';
import { writeRandomBigram } from './models/random-bigram-onnx.mjs';
import { writeRandomLlama } from './models/random-gguf.mjs';
import { randomNumbers, randomSchema } from './models/random-schema.mjs';
import { median } from './measure.mjs';

const total = 500;
const lanes = 4; // requests at once
const context = 4096;
const ajv = new Ajv2020.default({ strict: false });
addFormats.default(ajv);

export default async function bench() {
  const folder = mkdtempSync(join(tmpdir(), 'llmi-structured-'));
  try {
    const gguf = join(folder, 'tiny-Q8_0.gguf');
    await writeRandomLlama(gguf, { layers: 2, width: 64, heads: 4, kvHeads: 2, feedForward: 96, vocabulary: 384, context, seed: 7, scale: 2 ** -7, special: ['<|endoftext|>', '<|im_start|>', '<|im_end|>'] });
    const onnx = join(folder, 'onnx-model');
    writeRandomBigram(onnx, { context });
    return [await validAnswers('GGUF', gguf, []), await validAnswers('ONNX', onnx, filesOf(onnx)), ...maskCosts()];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** How many answers under as many random schemas are whole and valid. */
async function validAnswers(format, path, files) {
  const config = files.length === 0 ? {} : { 'config.json': JSON.parse(readFileSync(join(path, 'config.json'), 'utf8')) };
  const info = modelInfoSchema.parse({ id: 'local/random', source: 'folder', modelType: 'llama', files, formats: [format.toLowerCase()], json: config });
  const model = await new TransformerHandler(info).loadModel(path, { device: 'cpu', parallel: lanes, contextSize: context });
  const random = randomNumbers(500);
  const schemas = Array.from({ length: total }, () => randomSchema(random));
  const wrong = [];
  const start = performance.now();
  let tokens = 0;
  const lane = async (first) => {
    for (let index = first; index < total; index += lanes) {
      const schema = schemas[index];
      const { text, usage } = await collect(model.generate({ prompt: 'json', mode: 'complete', temperature: 1.2, seed: index, maxTokens: context, responseFormat: { type: 'json_schema', json_schema: { schema } } }));
      tokens += usage.completionTokens;
      if (!isValid(schema, text)) wrong.push({ schema, text });
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, index) => lane(index)));
  await model[Symbol.asyncDispose]();
  for (const { schema, text } of wrong.slice(0, 3)) process.stderr.write(`not valid: ${text}\n  under ${JSON.stringify(schema)}\n`);
  const detail = `${tokens} tokens in ${((performance.now() - start) / 1000).toFixed(1)} s, ${lanes} requests at once`;
  return { name: `valid answers of ${total} under random schemas, ${format}`, value: total - wrong.length, unit: 'answers', target: total, atLeast: true, detail };
}

function isValid(schema, text) {
  try {
    return ajv.compile(schema)(JSON.parse(text));
  } catch {
    return false;
  }
}

function filesOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: path.slice(folder.length + 1).replaceAll('\\', '/'), sizeBytes: statSync(path).size }));
}

/** Milliseconds for the mask of one token over 150,000 words: states that are met for the first time, and those that are known. */
function maskCosts() {
  const vocabulary = largeVocabulary(150_000);
  const start = performance.now();
  const trie = new TokenTrie(vocabulary);
  const trieMs = performance.now() - start;
  const random = randomNumbers(3);
  const schemas = Array.from({ length: 40 }, () => randomSchema(random));
  const grammars = [undefined, { type: 'array', items: { type: 'string' } }, ...schemas].map((schema) => new TokenGrammar(jsonGrammarText(schema), trie));
  const [first, known] = [[], []];
  for (const grammar of grammars) {
    for (const times of [first, known]) answerTimes(grammar, vocabulary.length, times);
  }
  const detail = `${first.length} tokens of ${grammars.length} grammars; the vocabulary was read in ${trieMs.toFixed(0)} ms`;
  return [
    { name: 'mask over 150k tokens, first time', value: median(first), unit: 'ms', target: 2, atLeast: false, detail: `${detail}; 99 % take at most ${percentile(first, 0.99).toFixed(1)} ms` },
    { name: 'mask over 150k tokens, known', value: median(known), unit: 'ms', target: 0.5, atLeast: false, detail: `99 % take at most ${percentile(known, 0.99).toFixed(1)} ms` },
  ];
}

/** One answer of up to 60 tokens at random. */
function answerTimes(grammar, size, times) {
  const random = randomNumbers(9);
  const matcher = grammar.begin();
  for (let count = 0; count < 60 && !matcher.isComplete; count++) {
    const scores = Float32Array.from({ length: size }, random);
    const start = performance.now();
    matcher.restrict(scores);
    times.push(performance.now() - start);
    matcher.advance(scores.reduce((best, score, token) => (score > scores[best] ? token : best), 0));
  }
}

function percentile(times, share) {
  return [...times].sort((left, right) => left - right)[Math.floor(times.length * share)];
}

/** Every byte, and words as vocabularies have them: with and without a space before them, some Chinese, some with the marks of JSON. */
function largeVocabulary(size) {
  const random = randomNumbers(1);
  const letters = 'etaoinshrdlucmfwypvbgkjqxz';
  const letter = () => (random() < 0.1 ? String.fromCharCode(0x4e00 + Math.floor(random() * 3000)) : letters[Math.floor(random() ** 2 * letters.length)]);
  const mark = (text, share) => (random() < share ? text : '');
  const words = new Set();
  while (words.size < size - 256) words.add(mark(' ', 0.5) + mark('"', 0.02) + Array.from({ length: 2 + Math.floor(random() * 9) }, letter).join('') + mark('":', 0.02));
  return [...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)), ...Array.from(words, (word) => new Uint8Array(Buffer.from(word)))];
}
