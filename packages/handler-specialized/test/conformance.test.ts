import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describeHandler } from '@llmi/handler-testkit';
import { lookupGraph } from '@llmi/handler-testkit/onnx';
import { describe } from 'vitest';
import handler from '../src/index.js';
import { detector, page, recognizer, settings } from './tiny-ocr.js';

const shared = process.env.LLMI_SHARED ?? resolve(import.meta.dirname, '../../../../shared');
const fixtures = join(shared, 'fixtures');
const packageFolder = join(import.meta.dirname, '..');
const text = 'Anna Berg moved from Paris to work at Helio in Oslo.';
const wave = Array.from({ length: 48 }, (_, index) => [Math.sin(index / 5), Math.cos(index / 7)]);

describeHandler(handler, {
  packageFolder,
  models: [
    { path: graphFolder(), requests: [{ tensors: { input_ids: { data: [0, 2], shape: [1, 2], dtype: 'int64' } } }] },
    { path: ocrFolder(), requests: [{ image: await page([40, 60, 'black'], [60, 60, 'red']) }] },
  ],
});

describe.skipIf(!existsSync(fixtures))('the shared fixtures', () => {
  const path = (repo: string) => join(fixtures, 'hub/llmi-fixtures', repo);
  const image = existsSync(fixtures) ? readFileSync(join(fixtures, 'golden/assets/tiny-trocr.png'), 'base64') : '';
  describeHandler(handler, {
    packageFolder,
    models: [
      { path: path('tiny-bert-ner'), requests: [{ prompt: text }, { prompt: text, mode: 'average' }] },
      { path: path('tiny-bert-fill-mask'), requests: [{ prompt: 'The cat sits on the [MASK] windowsill.' }] },
      { path: path('tiny-bert-nli'), requests: [{ prompt: text, labels: ['travel', 'music'] }, { prompt: text, context: 'She moved.' }] },
      { path: path('tiny-t5'), requests: [{ prompt: `summarize: ${text}`, maxTokens: 8 }, { prompt: text, maxTokens: 8, temperature: 1, seed: 3 }], longRequest: { prompt: text, maxTokens: 60, logitBias: { 1: -100 } } },
      { path: path('tiny-trocr'), requests: [{ image, maxTokens: 8 }], longRequest: { image, maxTokens: 30, logitBias: { 441: -100 } } },
      { path: path('tiny-patchtst'), requests: [{ values: wave, horizon: 5 }] },
    ],
  });
});

/** A graph that says nothing of itself: rows of a table. */
function graphFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'llmi-specialized-'));
  mkdirSync(join(folder, 'onnx'));
  writeFileSync(join(folder, 'onnx/model.onnx'), lookupGraph([[1, 2], [3, 4], [5, 6]], { mask: false }));
  return folder;
}

/** A text detector beside a recognizer. */
function ocrFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'llmi-specialized-'));
  const files = { 'det/model.onnx': detector, 'det/inference.yml': settings, 'rec/model.onnx': recognizer('A\nB') };
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name.split('/')[0]!), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}
