import { LlmiError } from '@llmi/core';
import type { HubAnswer, HubClient } from './hub-client.js';
import type { ResponseBody } from './response-body.js';
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

/** A part of a file, [from, to). */
export interface Part {
  readonly from: number;
  to: number;
  /** Of a server that sends everything to the end all the same, take it: `to` moves there before the first batch. */
  takesRest?: boolean;
}

/**
 * One file of a repository at a commit, read in ranges. The signed address of the CDN is kept and asked for anew when it expires;
 * parts of two different contents are never mixed: the ETag of the first answer holds for all.
 */
export class RemoteFile {
  /** Resolves with the first answer, which shows whether the server knows ranges. */
  readonly answered: Promise<void>;
  acceptsRanges: boolean | undefined;
  #onAnswer: () => void = () => undefined;
  #location: URL | undefined;
  #etag: string | undefined;

  constructor(
    private readonly client: HubClient,
    readonly facts: RemoteFileFacts,
  ) {
    this.answered = new Promise((resolve) => (this.#onAnswer = resolve));
  }

  get #about(): string {
    return `file ${this.facts.path} of ${this.facts.id}`;
  }

  /** The bytes [from, to) one chunk after the other; errors as of `batches`. */
  async *stream(from: number, to: number, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    for await (const batch of this.batches({ from, to }, signal)) yield* batch;
  }

  /**
   * The bytes of a part in batches as they come, whatever happens to the connection in between.
   * @throws {ContentChangedError}; {LlmiError} as `HubClient.bytes`
   */
  async *batches(part: Part, signal?: AbortSignal): AsyncGenerator<Buffer[]> {
    let position = part.from;
    let failures = 0;
    let provenAt = position;
    while (position < part.to) {
      try {
        const answer = await this.#open(position, part.to, signal);
        let at = answer.start;
        if (part.takesRest && answer.end > part.to) part.to = answer.end;
        for await (const batch of answer.body) {
          const wanted: Buffer[] = [];
          for (const chunk of batch) {
            const piece = chunk.subarray(Math.max(0, position - at), Math.max(0, part.to - at));
            at += chunk.length;
            if (piece.length === 0) continue;
            position += piece.length;
            wanted.push(piece);
          }
          if (wanted.length > 0) yield wanted;
          if (position - provenAt >= provenProgressBytes) [failures, provenAt] = [0, position];
          if (position >= part.to && at < answer.end) return; // more comes than is wanted: the connection is given up
        }
        if (position < part.to) throw new TransientError(`the connection closed ${part.to - position} bytes early`);
      } catch (error) {
        if (error instanceof ContentChangedError) throw error;
        if (position >= part.to) return; // all is here, only the end was not as announced
        await waitBeforeRetry(error, ++failures, { origin: this.client.endpoint.origin, signal });
      }
    }
  }

  async #open(from: number, to: number, signal?: AbortSignal): Promise<{ body: ResponseBody; start: number; end: number }> {
    const signed = this.#location;
    const url = signed ?? this.client.url({ file: this.facts.id }, 'resolve', this.facts.revision, { file: this.facts.path });
    const answer = await this.client.exchange(url, {
      headers: { range: `bytes=${from}-${to - 1}`, 'accept-encoding': 'identity', ...(this.#etag === undefined ? {} : { 'if-range': this.#etag }) },
      signal,
    });
    const foreign = answer.url.origin !== this.client.endpoint.origin;
    if (foreign && signedUrlFaults.has(answer.status)) {
      answer.body.discard();
      if (this.#location === signed) this.#location = undefined; // another part may have a new one already
      throw new TransientError(`${answer.url.host} no longer accepts the address it signed`, signed ? { afterMs: 0 } : { status: answer.status });
    }
    if (answer.status !== 200 && answer.status !== 206 && answer.status !== 416) throw await this.client.errorOf(answer, this.#about);
    try {
      const start = this.#check(answer, from);
      if (foreign) this.#location = answer.url;
      this.#onAnswer();
      return { body: answer.body, start, end: answer.status === 206 ? to : this.facts.sizeBytes };
    } catch (error) {
      answer.body.discard();
      this.#location = undefined;
      throw error;
    }
  }

  /** Where the body starts in the file, after making sure that it is still the listed file. */
  #check(answer: HubAnswer, from: number): number {
    const { sizeBytes, sha256, gitSha1, path } = this.facts;
    const changed = (what: string) => new ContentChangedError(`${what} of ${path} is no longer what the hub listed`);
    const linked = answer.hops.find((hop) => hop['x-linked-etag'] !== undefined);
    const linkedEtag = plainEtag(linked?.['x-linked-etag']);
    if (linkedEtag !== undefined && linkedEtag !== (sha256 ?? gitSha1)) throw changed('the content');
    const linkedSize = linked?.['x-linked-size'];
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
