import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { faultOf, type Fault, type FaultRule, type HubRequest, type Spoiling } from './faults.js';
import { commitOf, gitSha1, isLarge, sha256, treeOf, type HubRepository } from './repository.js';

/**
 * A model hub on loopback, for tests: what clients of the Hugging Face hub call to look at and download models. Large files redirect to a
 * second server with a signed address, as the real hub's do. All there is lives in memory, and may change between requests.
 */
export class LoopbackHub implements AsyncDisposable {
  /** Every request so far. */
  readonly requests: HubRequest[] = [];
  /** Address of the hub: `HF_ENDPOINT` of clients. */
  url = '';
  /** The only token that is known, `hf_...`; undefined: none is. */
  token: string | undefined;
  /** What becomes of answers; see also `setFaults`. */
  fault: Fault = () => undefined;
  readonly #servers: Server[] = [];
  readonly #sockets: Socket[] = [];
  #cdn = '';

  private constructor(readonly repositories: Record<string, HubRepository>) {}

  static async start(repositories: Record<string, HubRepository>): Promise<LoopbackHub> {
    const hub = new LoopbackHub(repositories);
    hub.url = await hub.#listen((request, response) => hub.#answerHub(request, response));
    hub.#cdn = await hub.#listen((request, response) => hub.#answerCdn(request, response));
    return hub;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  /** The faults from now on, in place of those before. */
  setFaults(...rules: FaultRule[]): void {
    this.fault = faultOf(rules, this.repositories);
  }

  /** Bytes that both servers have sent, headers too. */
  get sentBytes(): number {
    return this.#sockets.reduce((sum, socket) => sum + socket.bytesWritten, 0);
  }

  content(id: string, path: string): Buffer {
    return Buffer.from(this.repositories[id]?.files[path] ?? '');
  }

  commit(id: string): string {
    return commitOf(this.repositories[id]!);
  }

  async #listen(answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>): Promise<string> {
    const server = createServer((request, response) => {
      answer(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    this.#servers.push(server);
    server.on('connection', (socket: Socket) => this.#sockets.push(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Writes the request down, and what is to go wrong with its answer. */
  async #see(server: 'hub' | 'cdn', request: IncomingMessage, id: string, file: string | undefined): Promise<{ seen: HubRequest; spoiling: Spoiling }> {
    const { authorization, range } = request.headers;
    const seen: HubRequest = { server, method: request.method!, path: request.url!, id, file, authorization, range };
    this.requests.push(seen);
    const spoiling = this.fault(seen) ?? {};
    if (spoiling.waitMs !== undefined) await new Promise((resolve) => setTimeout(resolve, spoiling.waitMs));
    return { seen, spoiling };
  }

  async #answerHub(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url!, this.url);
    const parts = decodeURIComponent(pathname).slice(1).split('/');
    const isApi = parts[0] === 'api';
    const id = parts.slice(isApi ? 2 : 0, isApi ? 4 : 2).join('/');
    const file = isApi ? undefined : parts.slice(4).join('/');
    const { seen, spoiling } = await this.#see('hub', request, id, file);
    const repository = this.repositories[id];
    if (spoiling.status !== undefined) return json(response, spoiling.status, { error: 'simulated' }, spoiling.headers);
    if (seen.authorization !== undefined && seen.authorization !== `Bearer ${this.token}`) return json(response, 401, { error: 'Invalid credentials' });
    if (pathname === '/api/models') return json(response, 200, []);
    if (!repository) return json(response, 401, { error: 'Repository not found' }, { 'x-error-code': 'RepoNotFound' });
    if (isApi) return this.#answerApi(parts[4], id, repository, response);
    if (repository.gated && seen.authorization === undefined) return json(response, 401, { error: 'gated' }, { 'x-error-code': 'GatedRepo' });
    if (repository.files[file!] === undefined) return json(response, 404, { error: 'Entry not found' }, { 'x-error-code': 'EntryNotFound' });
    const body = this.content(id, file!);
    if (!isLarge(file!) && spoiling.redirectTo === undefined) return send(request, response, body, gitSha1(body), spoiling);
    const location = `${spoiling.redirectTo || this.#cdn}/${id}/${file}?signature=good`;
    response.writeHead(302, { location, 'x-linked-size': String(repository.claimedBytes?.[file!] ?? body.length), 'x-linked-etag': `"${sha256(body)}"` }).end();
  }

  #answerApi(verb: string | undefined, id: string, repository: HubRepository, response: ServerResponse): void {
    const sha = commitOf(repository);
    if (verb === 'refs') return json(response, 200, { branches: [{ name: 'main', targetCommit: sha }], tags: [] });
    if (verb === 'tree') return json(response, 200, treeOf(repository));
    const { pipelineTag = 'text-generation', libraryName, tags = ['license:mit'], gated = false, gguf } = repository;
    json(response, 200, { id, sha, tags, pipeline_tag: pipelineTag, library_name: libraryName, gated, gguf });
  }

  async #answerCdn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [org, name, ...path] = decodeURIComponent(new URL(request.url!, this.#cdn).pathname).slice(1).split('/');
    const [id, file] = [`${org}/${name}`, path.join('/')];
    const { spoiling } = await this.#see('cdn', request, id, file);
    if (spoiling.status !== undefined) return json(response, spoiling.status, { error: 'simulated' }, spoiling.headers);
    const body = this.content(id, file);
    const sizeBytes = this.repositories[id]?.claimedBytes?.[file];
    await send(request, response, body, sha256(body), spoiling, sizeBytes);
  }
}

function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** A body of fewer than `sizeBytes` goes on in zeros, as far as a range asks for them. */
async function send(request: IncomingMessage, response: ServerResponse, body: Buffer, etag: string, spoiling: Spoiling, sizeBytes?: number): Promise<void> {
  const content = spoiling.body ?? body;
  const range = spoiling.ignoreRange ? null : /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
  const [from, to] = range ? [Number(range[1]), Math.min(Number(range[2]), (sizeBytes ?? content.length) - 1)] : [0, content.length - 1];
  const there = content.subarray(from, to + 1);
  const part = range && sizeBytes !== undefined ? Buffer.concat([there], to + 1 - from) : there;
  response.writeHead(range ? 206 : 200, {
    etag: `"${etag}"`,
    'content-length': part.length + (spoiling.lengthDelta ?? 0),
    ...(range ? { 'content-range': `bytes ${from}-${to}/${sizeBytes ?? content.length}` } : {}),
  });
  const cutAfter = spoiling.cutAfter ?? (spoiling.lengthDelta === undefined ? undefined : part.length);
  const sent = part.subarray(0, cutAfter);
  if (spoiling.bytesPerSecond !== undefined) await trickle(response, sent, spoiling.bytesPerSecond);
  else await new Promise((resolve) => response.write(sent, resolve));
  if (cutAfter === undefined) response.end();
  else response.destroy();
}

/** Milliseconds between the pieces of a slow body. */
const pieceMs = 20;

async function trickle(response: ServerResponse, body: Buffer, bytesPerSecond: number): Promise<void> {
  const pieceBytes = Math.max(1, Math.round((bytesPerSecond * pieceMs) / 1000));
  for (let at = 0; at < body.length && !response.destroyed; at += pieceBytes) {
    response.write(body.subarray(at, at + pieceBytes));
    await new Promise((resolve) => setTimeout(resolve, pieceMs));
  }
}
