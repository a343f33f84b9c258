import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultSettings, type Settings } from '../../dist/index.js';

const core = dirname(dirname(fileURLToPath(import.meta.resolve('@llmi/core'))));

/** What the methods of a test handler have in common; `body` holds the rest of the class. */
const handlerSource = (body: string) => `
import { writeFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BaseHandler, defineHandler, doneEvent, modelRequirementsSchema } from '@llmi/core';
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const usage = { promptTokens: 1, completionTokens: 1, totalTokens: 2 };
const answer = (text) => doneEvent({ type: 'text', text, finishReason: 'stop', usage });
class TestHandler extends BaseHandler {
  getDependencies() { return []; }
  getSystemDependencies() { return []; }
  async analyze() {
    return modelRequirementsSchema.parse({ modelType: 'test', modelFamily: 'test', primaryLibrary: 'none', diskBytes: 1,
      memoryRequirements: { min: 0.01, recommended: 0.01, gpuMin: 0, gpuRecommended: 0 } });
  }
  getInferenceParams() { return {}; }
  getTrainingParams() { return {}; }
  async validateModelFiles() { return { ok: true }; }
  ${body}
}
export default defineHandler({ name: 'test', create: (model) => new TestHandler(model) });
`;

/** A project with one handler package, whose class has `body`, and settings to use it; all under `root`. */
export async function makeTestProject(body: string, manifest: { match: object; formats?: string[] }): Promise<{ root: string; settings: Settings } & AsyncDisposable> {
  const root = await mkdtemp(join(tmpdir(), 'llmi-engine-'));
  const modules = join(root, 'project', 'node_modules');
  const handlers = [{ name: 'test', entry: './index.js', tasks: ['text-generation'], ...manifest }];
  const folder = join(modules, 'llmi-handler-test');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'llmi-handler-test', version: '1.0.0', type: 'module', llmi: { apiVersion: 1, handlers } }));
  await writeFile(join(folder, 'index.js'), handlerSource(body));
  await mkdir(join(modules, '@llmi'));
  await symlink(core, join(modules, '@llmi', 'core'), 'junction');
  const settings = defaultSettings({ home: join(root, 'home'), projectDir: join(root, 'project'), hub: { endpoint: 'http://127.0.0.1:9', cacheDir: join(root, 'cache') } });
  return { root, settings, [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }) };
}
