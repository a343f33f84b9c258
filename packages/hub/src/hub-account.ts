import { LlmiError } from '@llmi/core';
import { z } from 'zod';
import { HubClient } from './http/hub-client.js';
import type { HubSettings } from './settings.js';

const maxAnswerBytes = 1 << 20;

const answerSchema = z.object({
  name: z.string().max(200),
  auth: z.object({ accessToken: z.object({ displayName: z.string().optional(), role: z.string().optional() }).optional() }).optional().catch(undefined),
});

export interface TokenOwner {
  name: string; // of the account
  tokenName?: string;
  role?: string; // read, write, fineGrained
}

/**
 * Returns when the hub answers as one, on the way that downloads take.
 * @throws {LlmiError} HUB_UNREACHABLE, HUB_REFUSED
 */
export async function reachHub(settings: HubSettings, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
  await using client = await HubClient.open({ ...settings, token: undefined });
  const url = client.url('api', 'models');
  url.searchParams.set('limit', '1');
  await client.json(url, { limitBytes: maxAnswerBytes, about: 'a listing', signal });
}

/**
 * Whose token the settings hold, as the hub says.
 * @throws {LlmiError} HUB_AUTH_REQUIRED for a token that the hub does not know; HUB_UNREACHABLE, HUB_REFUSED
 */
export async function whoAmI(settings: HubSettings, { signal }: { signal?: AbortSignal } = {}): Promise<TokenOwner> {
  await using client = await HubClient.open(settings);
  const answer = await client.json(client.url('api', 'whoami-v2'), { limitBytes: maxAnswerBytes, about: 'the account', signal });
  const parsed = answerSchema.safeParse(answer.value);
  if (!parsed.success) {
    throw new LlmiError('HUB_REFUSED', { message: `${client.endpoint.host} does not say whose token it is.`, hint: 'Check the endpoint (HF_ENDPOINT).' });
  }
  const { name, auth } = parsed.data;
  return { name, tokenName: auth?.accessToken?.displayName, role: auth?.accessToken?.role };
}
