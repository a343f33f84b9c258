import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface TestRepository {
  files: Record<string, Buffer | string>;
  gated?: boolean;
  /** Entries of the listing that no file stands behind. */
  listedToo?: string[];
  /** Sizes that the listing gives instead of the real ones. */
  claimedBytes?: Record<string, number>;
}

export interface SeenRequest {
  server: 'hub' | 'cdn';
  path: string;
  file?: string;
  authorization?: string;
  range?: string;
}

/** What a test makes of an answer: other bytes, a status, a cut after so many bytes. Undefined: nothing. */
export type Fault = (seen: SeenRequest) => { status?: number; headers?: Record<string, string>; cutAfter?: number; body?: Buffer; ignoreRange?: boolean } | undefined;

/**
 * The few calls of the hub that this package makes, on loopback: large files redirect to a second server with a signed address, as
 * the real hub's do. All there is lives in memory.
 */
export class LoopbackHub implements AsyncDisposable {
  readonly requests: SeenRequest[] = [];
  readonly #sockets: Socket[] = [];
  fault: Fault = () => undefined;
  token: string | undefined;
  readonly #servers: Server[] = [];
  url = '';
  #cdn = '';

  private constructor(readonly repositories: Record<string, TestRepository>) {}

  static async start(repositories: Record<string, TestRepository>): Promise<LoopbackHub> {
    const hub = new LoopbackHub(repositories);
    hub.url = await hub.#listen((request, response) => hub.#answerHub(request, response));
    hub.#cdn = await hub.#listen((request, response) => hub.#answerCdn(request, response));
    return hub;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  /** Bytes that both servers have sent, headers too. */
  get sentBytes(): number {
    return this.#sockets.reduce((sum, socket) => sum + socket.bytesWritten, 0);
  }

  content(id: string, path: string): Buffer {
    return Buffer.from(this.repositories[id]!.files[path]!);
  }

  commit(id: string): string {
    return createHash('sha1').update(JSON.stringify(Object.entries(this.repositories[id]!.files).map(([path, body]) => [path, gitSha1(Buffer.from(body))]))).digest('hex');
  }

  async #listen(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
    const server = createServer(answer);
    this.#servers.push(server);
    server.on('connection', (socket: Socket) => this.#sockets.push(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  #see(server: 'hub' | 'cdn', request: IncomingMessage, file?: string): SeenRequest {
    const seen = { server, path: request.url!, file, authorization: request.headers.authorization, range: request.headers.range };
    this.requests.push(seen);
    return seen;
  }

  #answerHub(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url!, this.url);
    const parts = decodeURIComponent(pathname).slice(1).split('/');
    const id = parts[0] === 'api' ? parts.slice(2, 4).join('/') : parts.slice(0, 2).join('/');
    const file = parts[0] === 'api' ? undefined : parts.slice(4).join('/');
    const seen = this.#see('hub', request, file);
    const fault = this.fault(seen);
    const repository = this.repositories[id];
    if (fault?.status !== undefined) return json(response, fault.status, { error: 'simulated' }, fault.headers);
    if (seen.authorization !== undefined && seen.authorization !== `Bearer ${this.token}`) return json(response, 401, { error: 'Invalid credentials' });
    if (pathname === '/api/models') return json(response, 200, []);
    if (!repository) return json(response, 401, { error: 'Repository not found' }, { 'x-error-code': 'RepoNotFound' });
    if (parts[0] === 'api') return this.#answerApi(parts.slice(4), id, repository, response);
    if (repository.gated && seen.authorization === undefined) return json(response, 401, { error: 'gated' }, { 'x-error-code': 'GatedRepo' });
    const content = repository.files[file!];
    if (content === undefined) return json(response, 404, { error: 'Entry not found' }, { 'x-error-code': 'EntryNotFound' });
    const body = Buffer.from(content);
    if (!isLarge(file!)) return send(request, response, body, gitSha1(body), fault);
    const location = `${this.#cdn}/${id}/${file}?signature=good`;
    response.writeHead(302, { location, 'x-linked-size': String(body.length), 'x-linked-etag': `"${sha256(body)}"` }).end();
  }

  #answerApi([verb]: string[], id: string, repository: TestRepository, response: ServerResponse): void {
    const commit = this.commit(id);
    if (verb === 'refs') return json(response, 200, { branches: [{ name: 'main', targetCommit: commit }], tags: [] });
    if (verb === 'tree') {
      const entries = Object.entries(repository.files).map(([path, content]) => {
        const body = Buffer.from(content);
        const size = repository.claimedBytes?.[path] ?? body.length;
        return { type: 'file', path, size, oid: gitSha1(body), ...(isLarge(path) ? { lfs: { oid: sha256(body), size } } : {}) };
      });
      const hostile = (repository.listedToo ?? []).map((path) => ({ type: 'file', path, size: 3, oid: gitSha1(Buffer.from('abc')) }));
      return json(response, 200, [...entries, ...hostile]);
    }
    json(response, 200, { id, sha: commit, tags: ['license:mit'], pipeline_tag: 'text-generation', gated: repository.gated ?? false });
  }

  #answerCdn(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url!, this.#cdn);
    const [org, name, ...path] = decodeURIComponent(url.pathname).slice(1).split('/');
    const seen = this.#see('cdn', request, path.join('/'));
    const fault = this.fault(seen);
    if (fault?.status !== undefined) return json(response, fault.status, { error: 'simulated' }, fault.headers);
    const body = this.content(`${org}/${name}`, path.join('/'));
    send(request, response, body, sha256(body), fault);
  }
}

const isLarge = (path: string) => /\.(gguf|onnx|safetensors|bin|onnx_data)$/.test(path);
export const sha256 = (body: Buffer) => createHash('sha256').update(body).digest('hex');
export const gitSha1 = (body: Buffer) => createHash('sha1').update(`blob ${body.length}\0`).update(body).digest('hex');

function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

function send(request: IncomingMessage, response: ServerResponse, body: Buffer, etag: string, fault: ReturnType<Fault>): void {
  const content = fault?.body ?? body;
  const range = fault?.ignoreRange ? null : /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
  const [from, to] = range ? [Number(range[1]), Math.min(Number(range[2]), content.length - 1)] : [0, content.length - 1];
  const part = content.subarray(from, to + 1);
  response.writeHead(range ? 206 : 200, { etag: `"${etag}"`, 'content-length': part.length, ...(range ? { 'content-range': `bytes ${from}-${to}/${content.length}` } : {}) });
  if (fault?.cutAfter === undefined) response.end(part);
  else response.write(part.subarray(0, fault.cutAfter), () => response.destroy());
}
