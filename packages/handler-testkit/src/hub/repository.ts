import { createHash } from 'node:crypto';

/** A model repository in memory. */
export interface HubRepository {
  files: Record<string, Buffer | string>;
  /** Listings are public, content needs the hub's token. */
  gated?: boolean;
  /** Paths in the listing that no file stands behind, to see that a hostile one is refused. */
  listedToo?: string[];
  /** Sizes that the hub gives instead of the real ones: the files go on in zeros. */
  claimedBytes?: Record<string, number>;
  /** What the hub says of its GGUF files. */
  gguf?: { total: number; architecture?: string; context_length?: number; chat_template?: string };
  pipelineTag?: string;
  libraryName?: string;
  tags?: string[];
}

/** Files that the hub keeps in LFS: they redirect to the CDN. */
export const isLarge = (path: string): boolean => /\.(gguf|onnx|safetensors|bin|onnx_data)$/.test(path);

export const sha256 = (body: Uint8Array): string => createHash('sha256').update(body).digest('hex');

/** Name of the content as git knows it: the ETag of small files. */
export const gitSha1 = (body: Uint8Array): string => createHash('sha1').update(`blob ${body.length}\0`).update(body).digest('hex');

/** A commit id that changes with any file. */
export function commitOf({ files }: HubRepository): string {
  const entries = Object.entries(files).map(([path, body]) => [path, gitSha1(Buffer.from(body))]);
  return createHash('sha1').update(JSON.stringify(entries)).digest('hex');
}

/** The listing of a repository, as `/api/models/<id>/tree/<revision>` gives it. */
export function treeOf({ files, listedToo = [], claimedBytes = {} }: HubRepository): object[] {
  const entries = Object.entries(files).map(([path, content]) => {
    const body = Buffer.from(content);
    const size = claimedBytes[path] ?? body.length;
    return { type: 'file', path, size, oid: gitSha1(body), ...(isLarge(path) ? { lfs: { oid: sha256(body), size } } : {}) };
  });
  const hostile = listedToo.map((path) => ({ type: 'file', path, size: 3, oid: gitSha1(Buffer.from('abc')) }));
  return [...entries, ...hostile];
}
