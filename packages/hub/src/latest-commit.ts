import { repositoryFacts } from './http/hub-api.js';
import { HubClient } from './http/hub-client.js';
import type { HubSettings } from './settings.js';

export interface LatestCommit {
  /** The repository's name now: it may have been renamed. */
  id: string;
  commit: string;
}

/**
 * The commit that a branch or tag of a repository stands at, the main branch unless said; one request.
 * @throws {LlmiError} MODEL_NOT_FOUND, HUB_AUTH_REQUIRED, HUB_LICENSE_REQUIRED, HUB_UNREACHABLE, HUB_REFUSED
 */
export async function latestCommit(id: string, revision: string | undefined, settings: HubSettings, { signal }: { signal?: AbortSignal } = {}): Promise<LatestCommit> {
  await using client = await HubClient.open(settings);
  const facts = await repositoryFacts(client, id, revision, signal);
  return { id: facts.id, commit: facts.sha };
}
