import { LlmiError } from '@llmi/core';
import { parseSetting, settingKey } from './keys.js';

/**
 * In how many processes each model is: as the configuration has it (`replicas.<model>`), and as `--replicas model=number` changes it.
 * @throws {LlmiError} CONFIG_INVALID
 */
export function resolveReplicas(configured: ReadonlyMap<string, unknown>, flags: readonly string[]): Record<string, number> {
  const given = flags.map((flag): [string, unknown] => {
    const [, name, count] = /^(.+)=([^=]+)$/.exec(flag) ?? [];
    if (name !== undefined && count !== undefined) return [name, parseSetting(settingKey(`replicas.${name}`), count, '--replicas')];
    throw new LlmiError('CONFIG_INVALID', { message: `"${flag}" does not say how many replicas of which model.`, hint: 'Write --replicas MODEL=NUMBER: --replicas Qwen/Qwen3-0.6B-GGUF=2', param: 'replicas' });
  });
  return Object.fromEntries([...configured, ...given]) as Record<string, number>;
}
