import { spawnSync } from 'node:child_process';
import type { TrainingParams } from '@llmi/core';
import { describe, expect, it } from 'vitest';
import { axolotlRecipe } from './axolotl-recipe.js';
import type { ExampleLayout } from './contract.js';
import { trlRecipe } from './trl-recipe.js';

const params: TrainingParams = {
  method: 'lora', learningRate: 2e-4, batchSize: 4, gradientAccumulationSteps: 4, epochs: 3, maxSequenceLength: 2048, warmupRatio: 0.03, weightDecay: 0,
  loraRank: 16, loraAlpha: 32, loraDropout: 0.05, loraTargetModules: ['q_proj', 'v_proj'],
};
const data = (layout: ExampleLayout) => ({ path: '/some/where/my "examples".jsonl', layout, examples: 10, format: 'jsonl' as const });
const base = 'org/it\'s "quoted"\nprint("not run")';
const hasPython = spawnSync('python3', ['--version']).status === 0;

describe.each(['chat', 'instruction', 'completion', 'text'] as const)('for examples of the layout %s', (layout) => {
  const { 'train.py': script } = trlRecipe(base, data(layout), params);

  it.skipIf(!hasPython)('the script is Python, whatever the names are', () => {
    const { status, stdout, stderr } = spawnSync('python3', ['-c', 'import ast, sys, json\ntree = ast.parse(sys.stdin.read())\nprint(json.dumps([n.value.value for n in tree.body if isinstance(n, ast.Assign) and isinstance(n.value, ast.Constant)]))'], { input: script, encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual([base]);
  });

  it('the configuration of axolotl says the same', () => {
    const { 'axolotl.yaml': yaml } = axolotlRecipe(base, data(layout), params);
    const values = Object.fromEntries(yaml!.trim().split('\n').slice(1).map((line) => [line.slice(0, line.indexOf(':')), JSON.parse(line.slice(line.indexOf(':') + 1)) as unknown]));
    expect(values).toMatchObject({ base_model: base, adapter: 'lora', lora_r: 16, lora_target_modules: ['q_proj', 'v_proj'], sequence_len: 2048, learning_rate: 2e-4 });
    expect((values['datasets'] as { path: string }[])[0]!.path).toBe('my "examples".jsonl');
  });
});

it('trains all weights where that is what suits', () => {
  const full: TrainingParams = { ...params, method: 'full' };
  expect(trlRecipe('org/model', data('chat'), full)['train.py']).not.toMatch(/peft|Lora/);
  expect(trlRecipe('org/model', data('chat'), full)['train.py']).toContain('save_model("model")');
  expect(axolotlRecipe('org/model', data('chat'), full)['axolotl.yaml']).not.toContain('lora');
});
