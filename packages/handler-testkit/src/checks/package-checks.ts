import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { importHandler, isHandlerDefinition, packageManifestSchema } from '@llmi/core';
import type { PackageCheck } from '../check.js';
import { importAlone } from '../import-alone.js';

export const packageChecks: PackageCheck[] = [
  {
    item: 'manifest',
    name: 'package.json introduces the handler',
    async run(subject) {
      const { llmi, keywords = [] } = await subject.json();
      const parsed = packageManifestSchema.safeParse(llmi);
      assert.ok(parsed.success, `The "llmi" field of package.json is not valid: ${parsed.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`);
      await subject.manifest();
      assert.ok(keywords.includes('llmi-handler'), 'The keywords of package.json lack "llmi-handler", by which handlers are searched for.');
    },
  },
  {
    item: 'manifest',
    name: 'the entry exports what defineHandler made',
    async run(subject) {
      assert.ok(isHandlerDefinition(subject.definition), 'The handler is not made by defineHandler().');
      const { name = '' } = await subject.json();
      await importHandler(name, subject.folder, await subject.manifest());
    },
  },
  {
    item: 'manifest',
    name: 'importing the entry loads nothing native, and lets the process end',
    async run(subject) {
      const { native, ended } = await importAlone(join(subject.folder, (await subject.manifest()).entry), subject.patienceMs);
      assert.deepEqual(native, [], 'Importing the entry loads native modules: import them inside loadModel, so that `llmi check` does without.');
      assert.ok(ended, 'Importing the entry keeps the process alive: it starts a timer, a worker or a server.');
    },
  },
  {
    item: 'logging',
    name: 'importing the entry prints nothing',
    async run(subject) {
      const { printed } = await importAlone(join(subject.folder, (await subject.manifest()).entry), subject.patienceMs);
      assert.equal(printed, '', 'Importing the entry prints.');
    },
  },
  {
    item: 'documentation',
    name: 'a README says what it is',
    async run(subject) {
      const text = await readFile(join(subject.folder, 'README.md'), 'utf8').catch(() => '');
      assert.match(text, /^# \S/m, 'README.md is missing, or has no title.');
      assert.ok(text.includes((await subject.json()).name ?? ''), 'README.md does not name the package: say how to install it.');
    },
  },
];
