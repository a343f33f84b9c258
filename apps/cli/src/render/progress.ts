import type { InstallEvent } from '@llmi/engine';
import cliProgress from 'cli-progress';
import { formatBytes } from '@llmi/core/units';
import type { Session } from '../session.js';
import { formatSeconds } from './units.js';

type Download = Extract<InstallEvent, { type: 'download' }>['progress'];

const lineEveryMs = 5000; // without a terminal
const ownBarBytes = 1e6; // a smaller file is there before its bar could be read
const wideColumns = 112; // room for long names beside bar, speed and time left

/** How far a download has come: bars for each file and for all of them on a terminal, otherwise a line now and then. */
export class InstallProgress {
  #bars: { all: cliProgress.MultiBar; total: cliProgress.SingleBar; files: Map<string, cliProgress.SingleBar> } | undefined;
  #lastLine = Date.now();
  #isTold = false; // that everything is there
  #lastProgress: Download | undefined;

  constructor(readonly session: Session) {}

  update(progress: Download): void {
    this.#lastProgress = progress;
    if (this.session.stderr.isTTY) this.#draw(progress);
    else this.#tell(progress);
  }

  /** Leaves the terminal as plain lines again. May be called twice. */
  stop(): void {
    if (this.#bars && this.#lastProgress) {
      this.#bars.total.update(this.#lastProgress.bytes, payloadOf(this.#lastProgress));
      this.#bars.all.stop();
    }
    this.#bars = undefined;
  }

  #draw(progress: Download): void {
    const bars = (this.#bars ??= this.#open(progress));
    bars.total.update(progress.bytes, payloadOf(progress));
    const { file, fileBytes, fileTotalBytes } = progress;
    if (fileTotalBytes < ownBarBytes) return;
    const bar = bars.files.get(file) ?? bars.all.create(fileTotalBytes, fileBytes, { name: this.#column(file), note: '' });
    bars.files.set(file, bar);
    bar.update(fileBytes, { note: `${formatBytes(fileBytes)} of ${formatBytes(fileTotalBytes)}` });
    if (fileBytes < fileTotalBytes) return;
    bars.all.remove(bar); // a model can have more parts than the terminal has lines
    bars.files.delete(file);
  }

  #open({ bytes, totalBytes }: Download) {
    const all = new cliProgress.MultiBar(
      {
        stream: this.session.stderr as NodeJS.WriteStream,
        format: `{name} {bar} {percentage}% {note}`,
        barsize: this.#isWide ? 24 : 12,
        hideCursor: true,
        clearOnComplete: false,
        gracefulExit: false, // Ctrl-C is ours: it leaves the download resumable
      },
      cliProgress.Presets.shades_classic,
    );
    return { all, total: all.create(totalBytes, bytes, { name: this.#column('all files'), note: '' }), files: new Map<string, cliProgress.SingleBar>() };
  }

  get #isWide(): boolean {
    return (this.session.stderr.columns ?? 80) >= wideColumns;
  }

  /** A path in a column; when it is too long its end tells files apart. */
  #column(path: string): string {
    const width = this.#isWide ? 36 : 18;
    return (path.length <= width ? path : `...${path.slice(3 - width)}`).padEnd(width);
  }

  #tell(progress: Download): void {
    const now = Date.now();
    const isDone = progress.bytes === progress.totalBytes;
    if (this.#isTold || (!isDone && now - this.#lastLine < lineEveryMs)) return;
    this.#lastLine = now;
    this.#isTold = isDone;
    const percent = progress.totalBytes === 0 ? 100 : Math.floor((100 * progress.bytes) / progress.totalBytes);
    this.session.note(`${percent}% ${payloadOf(progress).note}`);
  }
}

function payloadOf({ bytes, totalBytes, bytesPerSecond, secondsLeft }: Download): { note: string } {
  const left = secondsLeft === undefined || secondsLeft === 0 ? '' : `, ${formatSeconds(secondsLeft)} left`;
  const speed = bytesPerSecond > 0 ? `, ${formatBytes(bytesPerSecond)}/s` : '';
  return { note: `${formatBytes(bytes)} of ${formatBytes(totalBytes)}${speed}${left}` };
}
