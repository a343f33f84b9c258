import type { LlmiClient } from '@llmi/client';

/** What every model of a provider shares. */
export interface Connection {
  client: LlmiClient;
  baseUrl: string;
  /** First part of the provider's name in errors and telemetry. */
  provider: string;
}
