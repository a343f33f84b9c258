import { LlmiError } from '@llmi/core';
import { reachHub, whoAmI } from '@llmi/hub';
import type { DoctorItem } from '../contract.js';
import type { Settings } from '../settings.js';
import { ok, problem, warning } from './item.js';

const patienceMs = 5000;

/** Whether the hub answers, on the way that downloads take, and knows the token. */
export async function examineHub({ hub }: Settings): Promise<DoctorItem[]> {
  if (hub.offline) return [ok('hub', 'offline by HF_HUB_OFFLINE: only what is in the cache can be installed')];
  const way = hub.proxy === undefined ? '' : `, through the proxy ${originOf(hub.proxy)}`;
  try {
    await reachHub(hub, { signal: AbortSignal.timeout(patienceMs) });
  } catch (error) {
    const reason = LlmiError.is(error) ? error.message : `it does not answer${way}`;
    return [warning('hub', `${hub.endpoint}: ${reason}`, 'Check the network, HTTPS_PROXY and HF_ENDPOINT. Installed models run without it.')];
  }
  return [ok('hub', `${hub.endpoint} answers${way}`), await examineToken(hub)];
}

async function examineToken(hub: Settings['hub']): Promise<DoctorItem> {
  if (hub.token === undefined) return ok('hub token', 'none: public models need none, for others log in with "llmi login"');
  try {
    const { name, role } = await whoAmI(hub, { signal: AbortSignal.timeout(patienceMs) });
    return ok('hub token', `it is ${name}'s${role === undefined ? '' : ` (${role})`}`);
  } catch (error) {
    if (LlmiError.is(error) && error.code === 'HUB_AUTH_REQUIRED') return problem('hub token', 'the hub does not know it', 'Log in again: llmi login. A variable HF_TOKEN counts before the stored token.');
    return warning('hub token', 'the hub does not say whose it is', 'Try again later.');
  }
}

/** A proxy without the name and password that its address may hold. */
function originOf(proxy: string): string {
  return URL.canParse(proxy) ? new URL(proxy).origin : 'of the settings';
}
