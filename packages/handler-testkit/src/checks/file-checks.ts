import assert from 'node:assert/strict';
import { cp, mkdtemp, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { chosenFiles, isWeightFile, type ModelFile } from '@llmi/core';
import type { ModelCheck } from '../check.js';
import type { ModelUnderTest } from '../model-under-test.js';
import { assertTyped, rejection } from '../assertions.js';

export const fileChecks: ModelCheck[] = [
  {
    item: 'methods',
    name: 'validateModelFiles() finds nothing wrong with the model',
    async run(subject) {
      const verdict = await (await subject.create()).validateModelFiles(subject.spec.path);
      assert.ok(verdict.ok, `It says: ${verdict.ok ? '' : verdict.error}`);
    },
  },
  {
    item: 'methods',
    name: 'validateModelFiles() names a file that is missing, and one that is cut off',
    async run(subject) {
      const handler = await subject.create();
      for (const damage of [remove, cutInHalf]) {
        await using copy = await damagedCopy(subject, damage);
        const verdict = await handler.validateModelFiles(copy.path);
        const damaged = `${copy.files.join(', ')} ${copy.files.length === 1 ? 'was' : 'were'} ${damage.did}`;
        assert.ok(!verdict.ok, `${damaged}, and it finds nothing wrong.`);
        assert.ok(copy.files.some((file) => verdict.error.includes(basename(file))), `${damaged}; the error names none: ${verdict.error}`);
        assert.ok((verdict.hint ?? '').length > 0, 'The error has no hint.');
      }
    },
  },
  {
    item: 'errors',
    name: 'a folder without the model is refused with a typed error',
    async run(subject) {
      await using empty = await temporaryFolder();
      assertTyped(await rejection(subject.load(empty.path), 'An empty folder'), 'an empty folder');
    },
  },
  {
    item: 'errors',
    name: 'a damaged model is refused with a typed error, and the next one loads',
    async run(subject) {
      await using copy = await damagedCopy(subject, cutInHalf);
      const what = `a model whose ${copy.files.join(', ')} is cut in half`;
      assertTyped(await rejection(subject.load(copy.path), what), what);
      const { model } = await subject.load();
      await model[Symbol.asyncDispose]();
    },
  },
  {
    item: 'errors',
    name: 'loading that was cancelled rejects with the reason',
    async run(subject) {
      const reason = new Error('nobody wants it any more');
      const handler = await subject.create();
      const error = await rejection(handler.loadModel(subject.spec.path, { ...subject.spec.load, signal: AbortSignal.abort(reason) }), 'A load with an aborted signal');
      assert.equal(error, reason, 'It rejects with something else than signal.reason.');
    },
  },
  {
    item: 'model',
    name: 'it loads, and says how it works',
    async run(subject) {
      const { info } = (await subject.loaded()).model;
      assert.ok(info.device.length > 0, 'info.device is empty.');
      assert.ok(Number.isInteger(info.parallel) && info.parallel >= 1, `info.parallel is ${info.parallel}.`);
      if (info.contextLength !== undefined) assert.ok(info.contextLength >= 1, `info.contextLength is ${info.contextLength}.`);
    },
  },
];

type Damage = ((path: string) => Promise<void>) & { did: string };

const remove: Damage = Object.assign((path: string) => rm(path), { did: 'removed' });
const cutInHalf: Damage = Object.assign(async (path: string) => truncate(path, Math.floor((await stat(path)).size / 2)), { did: 'cut in half' });

interface TemporaryFolder extends AsyncDisposable {
  path: string;
}

async function temporaryFolder(): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), 'llmi-conformance-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** A copy of the model whose weights were damaged: the files of every format, since a handler reads one; the largest file where there are none. */
async function damagedCopy(subject: ModelUnderTest, damage: Damage): Promise<TemporaryFolder & { files: string[] }> {
  const folder = await temporaryFolder();
  const source = subject.spec.path;
  const files = chosenFiles(await subject.info());
  const weights = files.filter((file) => isWeightFile(file.path));
  const largest = files.reduce<ModelFile>((found, file) => (file.sizeBytes > found.sizeBytes ? file : found), files[0]!);
  const damaged = (weights.length > 0 ? weights : [largest]).map((file) => file.path);
  const single = (await stat(source)).isFile();
  const path = single ? join(folder.path, basename(source)) : folder.path;
  await cp(source, path, { recursive: true, dereference: true });
  for (const file of damaged) await damage(join(folder.path, file));
  return { ...folder, path, files: damaged };
}
