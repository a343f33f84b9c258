import type { Readable } from 'node:stream';
import { LlmiError } from '@llmi/core';
import { discard, type HubAnswer, type HubClient } from './hub-client.js';
import { TransientError, waitBeforeRetry } from './transient-error.js';

export interface RemoteFileFacts {
  id: string; // org/name
  revision: string; // commit
  path: string;
  sizeBytes: number;
  sha256?: string;
  gitSha1?: string;
}

const signedUrlFaults = new Set([400, 401, 403, 404, 410]);
const provenProgressBytes = 65_536; // a connection that brought this much starts the count of failures anew

/** The content is no longer what the listing said. Trying the same request again cannot help. */
export class ContentChangedError extends Error {}

/**
 * One file of a repository at a commit, read in ranges. The signed address of the CDN is kept and asked for anew when it expires;
 * parts of two different contents are never mixed: the ETag of the first answer holds for all.
 */
export class RemoteFile {
  /** Known after the first answer. */
  acceptsRanges: boolean | undefined;
  #location: URL | undefined;
  #etag: string | undefined;

  constructor(
    private readonly client: HubClient,
    readonly facts: RemoteFileFacts,
  ) {}

  get #about(): string {
    return `file ${this.facts.path} of ${this.facts.id}`;
  }

  /**
   * The bytes [from, to), whatever happens to the connection in between.
   * @throws {ContentChangedError}; {LlmiError} as `HubClient.bytes`
   */
  async *stream(from: number, to: number, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    let position = from;
    let failures = 0;
    let provenAt = from;
    while (position < to) {
      try {
        const answer = await this.#open(position, to, signal);
        let at = answer.start;
        for await (const chunk of answer.body as AsyncIterable<Buffer>) {
          const part = chunk.subarray(Math.max(0, position - at), Math.max(0, to - at));
          at += chunk.length;
          if (part.length > 0) {
            position += part.length;
            yield part;
          }
          if (position - provenAt >= provenProgressBytes) [failures, provenAt] = [0, position];
          if (position >= to) return;
        }
        throw new TransientError(`the connection closed ${to - position} bytes early`);
      } catch (error) {
        if (error instanceof ContentChangedError) throw error;
        await waitBeforeRetry(error, ++failures, { origin: this.client.endpoint.origin, signal });
      }
    }
  }

  async #open(from: number, to: number, signal?: AbortSignal): Promise<{ body: Readable; start: number }> {
    const signed = this.#location;
    const url = signed ?? this.client.url({ file: this.facts.id }, 'resolve', this.facts.revision, { file: this.facts.path });
    const answer = await this.client.exchange(url, {
      headers: { range: `bytes=${from}-${to - 1}`, 'accept-encoding': 'identity', ...(this.#etag === undefined ? {} : { 'if-range': this.#etag }) },
      signal,
    });
    const foreign = answer.url.origin !== this.client.endpoint.origin;
    if (foreign && signedUrlFaults.has(answer.status)) {
      discard(answer.body);
      this.#location = undefined;
      throw new TransientError(`${answer.url.host} no longer accepts the address it signed`, signed ? { afterMs: 0 } : { status: answer.status });
    }
    if (answer.status !== 200 && answer.status !== 206 && answer.status !== 416) throw await this.client.errorOf(answer, this.#about);
    try {
      const start = this.#check(answer, from);
      if (foreign) this.#location = answer.url;
      return { body: answer.body, start };
    } catch (error) {
      discard(answer.body);
      this.#location = undefined;
      throw error;
    }
  }

  /** Where the body starts in the file, after making sure that it is still the listed file. */
  #check(answer: HubAnswer, from: number): number {
    const { sizeBytes, sha256, gitSha1, path } = this.facts;
    const changed = (what: string) => new ContentChangedError(`${what} of ${path} is no longer what the hub listed`);
    const linkedEtag = plainEtag(answer.hops[0]?.['x-linked-etag']);
    if (linkedEtag !== undefined && linkedEtag !== (sha256 ?? gitSha1)) throw changed('the content');
    const linkedSize = answer.hops[0]?.['x-linked-size'];
    if (linkedSize !== undefined && Number(linkedSize) !== sizeBytes) throw changed('the size');
    if (answer.status === 416) throw changed('the size');
    const etag = answer.headers['etag'];
    const strong = etag === undefined || etag.startsWith('W/') ? undefined : etag;
    if (this.#etag !== undefined && strong !== this.#etag) throw changed('the content');
    this.acceptsRanges = answer.status === 206;
    if (answer.status === 206) {
      const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(answer.headers['content-range'] ?? '');
      if (!range || Number(range[1]) !== from) throw new TransientError('the server sent another range than asked for');
      if (range[2] !== '*' && Number(range[2]) !== sizeBytes) throw changed('the size');
    } else if (answer.headers['content-encoding'] !== undefined && answer.headers['content-encoding'] !== 'identity') {
      throw new LlmiError('HUB_REFUSED', {
        message: `${answer.url.host} sends ${path} compressed though it was asked not to.`,
        hint: 'Check the proxy: it must not change what it passes on.',
      });
    }
    this.#etag = strong;
    return answer.status === 206 ? from : 0;
  }
}

function plainEtag(header: string | undefined): string | undefined {
  return header?.replace(/^W\//, '').replace(/^"|"$/g, '');
}
