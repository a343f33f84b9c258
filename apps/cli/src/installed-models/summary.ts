/** What `list` shows of an installed model, as llmi.json has it. */
export interface InstalledSummary {
  name: string;
  id: string;
  revision: string | null;
  /** The branch, tag or commit that it was asked for at; null follows the main branch. */
  asked_revision: string | null;
  task: string | null;
  quantization: string | null;
  source: string;
  size_bytes: number;
  handler: string;
  installed_at: string;
  folder: string;
  /** Each file by what tells it from the others of its repository, and its size. */
  files: [key: string, bytes: number][];
}

/** The part of llmi.json that is read here. */
interface Description {
  name?: unknown;
  id?: unknown;
  source?: string;
  path?: string;
  revision?: string;
  asked?: { revision?: string };
  size_bytes?: unknown;
  installed_at?: unknown;
  handler?: { name?: unknown };
  info?: { pipeline_tag?: string; quantization?: string };
  tasks?: string[];
  files?: { path: string; size_bytes: number; sha256?: string; git_sha1?: string }[];
}

/** Undefined for text that does not look like an llmi.json. */
export function summarize(text: string, folder: string): InstalledSummary | undefined {
  let description: Description | null;
  try {
    description = JSON.parse(text) as Description | null;
  } catch {
    return undefined;
  }
  const { name, id, source = 'hub', path = folder, revision, asked, size_bytes: sizeBytes, installed_at: installedAt, handler, info, tasks, files = [] } = description ?? {};
  const isWhole = typeof name === 'string' && typeof id === 'string' && typeof sizeBytes === 'number' && typeof installedAt === 'string' && Array.isArray(files);
  if (!isWhole || typeof handler?.name !== 'string' || typeof info !== 'object' || info === null) return undefined;
  return {
    name,
    id,
    revision: revision ?? null,
    asked_revision: asked?.revision ?? null,
    task: info.pipeline_tag ?? tasks?.[0] ?? null,
    quantization: info.quantization ?? null,
    source,
    size_bytes: sizeBytes,
    handler: handler.name,
    installed_at: installedAt,
    folder,
    files: files.map((file) => [fileKey(source, path, { path: file.path, hash: file.sha256 ?? file.git_sha1 }), file.size_bytes]),
  };
}

/** The hash, by which the cache stores a file once; a local file's place. */
export function fileKey(source: string, folder: string, { path, hash }: { path: string; hash?: string }): string {
  return source === 'hub' ? (hash ?? path) : `${folder}/${path}`;
}
