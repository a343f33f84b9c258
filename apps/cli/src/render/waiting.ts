import type { Session } from '../session.js';

const patienceMs = 400; // a quicker answer needs no notice

/** Shows on a terminal that something goes on, until it is stopped: a model can take a while to load. */
export function showWaiting(session: Session, text: string): { stop(): void } {
  const { stderr } = session;
  if (!stderr.isTTY || session.json) return { stop: () => {} };
  let isShown = false;
  const timer = setTimeout(() => {
    isShown = true;
    stderr.write(session.colours(stderr).dim(text));
  }, patienceMs);
  return {
    stop() {
      clearTimeout(timer);
      if (isShown) stderr.write('\r\u001b[K');
      isShown = false;
    },
  };
}
