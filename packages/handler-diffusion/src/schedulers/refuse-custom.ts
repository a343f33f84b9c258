import { LlmiError } from '@llmi/core';

/** Own timesteps or sigmas that the configuration leaves no room for. */
export function refuseCustom(param: 'timesteps' | 'sigmas', reason: string): never {
  throw new LlmiError('INPUT_UNSUPPORTED', { message: `Own ${param} cannot be used where ${reason}.`, hint: `Leave ${param} out.`, param });
}
