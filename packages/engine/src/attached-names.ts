import { LlmiError, nearest } from '@llmi/core';
import type { InstalledModel } from '@llmi/hub';
import type { ServedModel } from './contract.js';

/** The model's own name, numbered where another attached model has it already. */
export function freeName({ name, path, info }: InstalledModel, attached: ReadonlyMap<string, ServedModel>): string {
  const isOther = (candidate: string) => {
    const taken = attached.get(candidate)?.installed;
    return taken !== undefined && (taken.path !== path || taken.info.chosenFiles.join() !== info.chosenFiles.join());
  };
  let candidate = name;
  for (let number = 2; isOther(candidate); number++) candidate = `${name}-${number}`;
  return candidate;
}

/** The error for a name that is neither installed nor among those attached. */
export function notServed(name: string, served: string[], cause: LlmiError): LlmiError {
  const near = nearest(name, served);
  return new LlmiError('MODEL_NOT_INSTALLED', {
    message: `There is no model "${name}" here.`,
    hint: near ? `Did you mean "${near}"?` : `There are: ${served.join(', ')}.`,
    param: 'model',
    cause,
  });
}
