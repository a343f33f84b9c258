import { LlmiError } from '@llmi/core';
import { parseSetting, settingKey } from './keys.js';

/** Settings that a model has by its name, with the flag that changes them. */
const flagOf = {
  replicas: { flag: 'replicas', what: 'how many replicas of which model', form: '--replicas MODEL=NUMBER: --replicas Qwen/Qwen3-0.6B-GGUF=2' },
  drafts: { flag: 'draft', what: 'which model guesses ahead for which', form: '--draft MODEL=SMALLER: --draft Qwen/Qwen3-8B-GGUF=Qwen/Qwen3-0.6B-GGUF' },
} as const;

/**
 * What a setting is for each model: as the configuration has it (`replicas.<model>`), and as flags change it (`--replicas model=number`).
 * @throws {LlmiError} CONFIG_INVALID
 */
export function resolveByModel<Value>(prefix: keyof typeof flagOf, configured: ReadonlyMap<string, Value>, flags: Record<string, unknown>): Record<string, Value> {
  const { flag, what, form } = flagOf[prefix];
  const given = ((flags[flag] as string[] | undefined) ?? []).map((text): [string, Value] => {
    const [, name, value] = /^(.+)=([^=]+)$/.exec(text) ?? [];
    if (name !== undefined && value !== undefined) return [name, parseSetting(settingKey(`${prefix}.${name}`), value, `--${flag}`) as Value];
    throw new LlmiError('CONFIG_INVALID', { message: `"${text}" does not say ${what}.`, hint: `Write ${form}`, param: flag });
  });
  return Object.fromEntries([...configured, ...given]);
}
