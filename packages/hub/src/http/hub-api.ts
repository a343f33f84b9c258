import { LlmiError, type ModelFile } from '@llmi/core';
import { z } from 'zod';
import type { HubClient } from './hub-client.js';

const maxAnswerBytes = 32 << 20;
const maxPages = 200;
const maxEntries = 200_000;

const optionalText = z.string().nullish().catch(undefined);

const siblingsSchema = z.array(
  z.object({ rfilename: z.string(), size: z.int().min(0), blobId: z.string(), lfs: z.object({ sha256: z.string(), size: z.int().min(0) }).nullish() }),
);

/** What is used of `/api/models/{id}`; files of the hub are read loosely. */
const repositorySchema = z.object({
  id: z.string().regex(/^[\w.-]+(\/[\w.-]+)?$/), // becomes the name of a folder
  sha: z.string().regex(/^[0-9a-f]{40,64}$/),
  pipeline_tag: optionalText,
  library_name: optionalText,
  tags: z.array(z.string()).catch([]),
  disabled: z.boolean().catch(false),
  siblings: siblingsSchema.nullish().catch(undefined),
  gguf: z.object({ total: z.number().positive(), architecture: z.string().optional().catch(undefined), chat_template: z.string().optional().catch(undefined) }).nullish().catch(undefined),
  safetensors: z.object({ parameters: z.record(z.string(), z.number()), total: z.number() }).nullish().catch(undefined),
});
export type RepositoryFacts = z.infer<typeof repositorySchema>;

const treeSchema = z.array(
  z.object({
    type: z.string(),
    path: z.string(),
    size: z.int().min(0).catch(0),
    oid: z.string(),
    lfs: z.object({ oid: z.string(), size: z.int().min(0) }).nullish(),
  }),
);

const refsSchema = z.object({
  branches: z.array(z.object({ name: z.string(), targetCommit: z.string() })).catch([]),
  tags: z.array(z.object({ name: z.string(), targetCommit: z.string() })).catch([]),
});

/** A repository's facts at a revision; a renamed repository answers with its new id. */
export async function repositoryFacts(client: HubClient, id: string, revision: string | undefined, signal?: AbortSignal): Promise<RepositoryFacts> {
  const url = revision === undefined ? client.url('api', 'models', { file: id }) : client.url('api', 'models', { file: id }, 'revision', revision);
  url.searchParams.set('blobs', 'true'); // the files come with sizes and hashes
  const about = revision === undefined ? id : `${id} at ${revision}`;
  const { value } = await client.json(url, { limitBytes: maxAnswerBytes, about, signal });
  const facts = understood(repositorySchema, value, client);
  if (facts.disabled) throw new LlmiError('HUB_REFUSED', { message: `${client.endpoint.host} has disabled ${id}.`, hint: 'Take the model from another repository.' });
  return facts;
}

/** The files that a repository's facts came with; undefined where the hub lists them without sizes, or not at all. */
export function listedWith({ siblings }: RepositoryFacts): ModelFile[] | undefined {
  if (!siblings || siblings.length === 0) return undefined;
  return siblings.map(({ rfilename: path, size, blobId, lfs }) => (lfs ? { path, sizeBytes: lfs.size, sha256: lfs.sha256 } : { path, sizeBytes: size, gitSha1: blobId }));
}

/** Every file of a commit, all pages. Paths are as listed: not yet judged. */
export async function listFiles(client: HubClient, id: string, commit: string, signal?: AbortSignal): Promise<ModelFile[]> {
  const files: ModelFile[] = [];
  let url: URL | undefined = client.url('api', 'models', { file: id }, 'tree', commit);
  url.searchParams.set('recursive', 'true');
  for (let page = 0; url !== undefined; page++) {
    if (page >= maxPages || files.length > maxEntries) {
      throw new LlmiError('HUB_REFUSED', { message: `${id} has more files than llmi looks at (${maxEntries}).`, hint: 'Name a folder or a file of it instead.' });
    }
    const { value, headers } = await client.json(url, { limitBytes: maxAnswerBytes, about: id, signal });
    for (const entry of understood(treeSchema, value, client)) {
      if (entry.type !== 'file') continue;
      const { path, lfs } = entry;
      files.push(lfs ? { path, sizeBytes: lfs.size, sha256: lfs.oid.replace(/^sha256:/, '') } : { path, sizeBytes: entry.size, gitSha1: entry.oid });
    }
    url = nextPage(headers['link'], url, client);
  }
  return files;
}

/** Names of the branches and tags that stand at `commit`. */
export async function refsAt(client: HubClient, id: string, commit: string, signal?: AbortSignal): Promise<string[]> {
  const { value } = await client.json(client.url('api', 'models', { file: id }, 'refs'), { limitBytes: maxAnswerBytes, about: id, signal });
  const { branches, tags } = understood(refsSchema, value, client);
  return [...branches, ...tags].filter((ref) => ref.targetCommit === commit).map((ref) => ref.name);
}

/** `Link: <https://...>; rel="next"`. Source: RFC 8288 */
function nextPage(link: string | undefined, current: URL, client: HubClient): URL | undefined {
  const target = /<([^>]+)>\s*;\s*(?:[^,]*;\s*)?rel="?next"?/i.exec(link ?? '')?.[1];
  if (target === undefined || !URL.canParse(target, current.href)) return undefined;
  const next = new URL(target, current.href);
  if (next.origin === client.endpoint.origin) return next;
  throw new LlmiError('HUB_REFUSED', {
    message: `${client.endpoint.host} continues its listing at another host, ${next.host}.`,
    hint: 'Check the endpoint (HF_ENDPOINT) and the proxy.',
  });
}

function understood<Schema extends z.ZodType>(schema: Schema, value: unknown, client: HubClient): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new LlmiError('HUB_REFUSED', {
    message: `${client.endpoint.host} does not answer as a Hugging Face hub does (${path.join('.')}: ${message}).`,
    hint: 'Check the endpoint (HF_ENDPOINT).',
  });
}
