import type { SharedV4ProviderOptions } from '@ai-sdk/provider';
import type { GenerateRequest } from '@llmi/client';

/** `providerOptions.llmi`: request fields that the AI SDK has no name for, such as `mode` or `repetitionPenalty`. The server checks them. */
export function ownOptions(options: SharedV4ProviderOptions | undefined): GenerateRequest {
  return options?.llmi ?? {};
}
