import { LlmiError, type GenerateRequest } from '@llmi/core';
import { errorLogEntry, publicError } from '../../../error-response.js';
import type { Gateway } from '../../../gateway.js';
import { newId } from '../../../new-id.js';
import { relay } from '../../../relay.js';
import type { Work } from '../../../work-in-progress.js';
import type { Video } from './video-schemas.js';

interface Job {
  video: Video;
  /** Whose it is: nobody else finds it. */
  owner: string;
  work: Work;
  /** Of the finished film, among the media. */
  mediumId: string | undefined;
}

/** Jobs that are remembered, finished ones included; the oldest finished one makes room. */
const maxJobs = 100;

const now = () => Math.floor(Date.now() / 1000);

/** Films take long: they are made while nobody waits, and fetched when they are ready. */
export class VideoJobs {
  readonly #jobs = new Map<string, Job>(); // oldest first

  constructor(readonly gateway: Gateway) {}

  /** @throws {LlmiError} QUEUE_FULL, SHUTTING_DOWN */
  start(owner: string, model: string, request: GenerateRequest, told: Pick<Video, 'size' | 'seconds'>): Video {
    this.#makeRoom();
    const work = this.gateway.work.begin({ isLong: true });
    const video: Video = { id: newId('video_'), object: 'video', model, status: 'queued', progress: 0, created_at: now(), completed_at: null, expires_at: null, prompt: request.prompt ?? '', ...told, error: null };
    const job: Job = { video, owner, work, mediumId: undefined };
    this.#jobs.set(video.id, job);
    void this.#make(job, request);
    return video;
  }

  /** @throws {LlmiError} NOT_FOUND */
  get(owner: string, id: string): Job {
    const job = this.#jobs.get(id);
    if (job?.owner === owner) return job;
    throw new LlmiError('NOT_FOUND', { message: `There is no video "${id.slice(0, 100)}".`, hint: 'Videos are kept in memory for an hour, until the server ends.' });
  }

  /** Newest first. */
  list(owner: string): Video[] {
    return [...this.#jobs.values()].filter((job) => job.owner === owner).map(({ video }) => video).reverse();
  }

  /** Ends the work on it too. */
  delete(owner: string, id: string): void {
    const { work, mediumId } = this.get(owner, id);
    work.cancel(new LlmiError('CANCELLED', { message: 'The video was deleted.' }));
    if (mediumId !== undefined) this.gateway.media.store.delete(mediumId);
    this.#jobs.delete(id);
  }

  /** Never rejects: how it ended is in the job. */
  async #make(job: Job, request: GenerateRequest): Promise<void> {
    const { video } = job;
    using work = job.work;
    try {
      const { result } = await relay(this.gateway.engine.generate(video.model, request, { signal: work.signal }), (event) => {
        video.status = 'in_progress';
        if (event.type === 'progress' && event.steps > 0) video.progress = Math.min(99, Math.round((100 * event.step) / event.steps));
        return undefined;
      });
      if (result.type !== 'video') throw new LlmiError('TASK_UNSUPPORTED', { message: `${video.model} answers with "${result.type}", not with a film.`, hint: 'Use a model that makes films.', param: 'model' });
      job.mediumId = this.gateway.media.store.add(result.video);
      const { maxAgeMs } = this.gateway.media.store;
      Object.assign(video, { status: 'completed', progress: 100, completed_at: now(), expires_at: now() + Math.floor(maxAgeMs / 1000) });
    } catch (error) {
      const told = publicError(error, this.gateway.scrub);
      this.gateway.log(errorLogEntry(error, told, video.id));
      Object.assign(video, { status: 'failed', completed_at: now(), error: { code: told.code.toLowerCase(), message: told.message } });
    }
  }

  #makeRoom(): void {
    if (this.#jobs.size < maxJobs) return;
    const finished = [...this.#jobs.values()].find(({ video }) => video.status === 'completed' || video.status === 'failed');
    if (!finished) throw new LlmiError('QUEUE_FULL', { message: `${maxJobs} videos are in work.`, hint: 'Try again when one of them is finished.' });
    this.delete(finished.owner, finished.video.id);
  }
}
