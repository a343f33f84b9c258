import type { Readable } from 'node:stream';
import type { WebSocket } from 'undici';

/** Flags of a process that can be looked into: its inspector takes a free port of this machine, and tells the secret address on stderr alone. */
export const inspectorFlags = ['--inspect-port=127.0.0.1:0', '--inspect-publish-uid=stderr'];

/** What the inspector writes to stderr; its address is a secret, and none of it is the model's. */
export const inspectorLines = /^(Debugger (listening on|attached|ending on)|Waiting for the debugger|For help, see: https:\/\/nodejs\.org).*\n?/gm;

const address = /Debugger listening on (ws:\/\/\S+)/;

interface InspectorMessage {
  method?: string;
  params?: { scriptId: string; url: string; callFrames: { functionName: string; location: { scriptId: string; lineNumber: number } }[] };
}

/** Looks into Node.js processes that do not answer. One that was looked into keeps its inspector, which is why its address is kept here. */
export class Inspector {
  #address: string | undefined;
  #found = () => {};

  constructor(
    readonly pid: number,
    stderr: Readable,
  ) {
    const read = (text: string | Buffer) => {
      const url = address.exec(String(text))?.[1];
      if (url === undefined) return;
      stderr.off('data', read);
      this.#address = url;
      this.#found();
    };
    stderr.on('data', read);
  }

  /**
   * The function and line of JavaScript that the process works on, as `spin (handler.js:12)`. Undefined where it is in native code: neither
   * the inspector nor anything else can interrupt that, which tells a long computation from a loop that gives nobody a turn.
   */
  async whereItIs(timeoutMs: number): Promise<string | undefined> {
    const url = await this.#open(timeoutMs);
    if (url === undefined) return undefined;
    const { WebSocket } = await import('undici');
    const socket = new WebSocket(url);
    try {
      return await pausedAt(socket, timeoutMs);
    } finally {
      socket.close(); // it goes on by itself
    }
  }

  #open(timeoutMs: number): Promise<string | undefined> {
    if (this.#address !== undefined) return Promise.resolve(this.#address);
    return new Promise((resolve) => {
      const late = setTimeout(() => resolve(undefined), timeoutMs);
      this.#found = () => (clearTimeout(late), resolve(this.#address));
      wake(this.pid);
    });
  }
}

/** Asks a Node.js process to start its inspector: by SIGUSR1, or what Windows has for it. */
function wake(pid: number): void {
  try {
    (process as unknown as { _debugProcess(pid: number): void })._debugProcess(pid);
  } catch {
    // It has ended meanwhile.
  }
}

function pausedAt(socket: WebSocket, timeoutMs: number): Promise<string | undefined> {
  const files = new Map<string, string>();
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve(undefined), timeoutMs);
    const end = (place?: string) => (clearTimeout(late), resolve(place));
    socket.addEventListener('error', () => end());
    socket.addEventListener('open', () => {
      for (const [id, method] of ['Debugger.enable', 'Debugger.pause'].entries()) socket.send(JSON.stringify({ id, method }));
    });
    socket.addEventListener('message', ({ data }) => {
      const { method, params } = JSON.parse(String(data)) as InspectorMessage;
      if (method === 'Debugger.scriptParsed') files.set(params!.scriptId, params!.url);
      if (method !== 'Debugger.paused') return;
      const [frame] = params!.callFrames;
      end(frame && `${frame.functionName || 'a function'} (${fileName(files.get(frame.location.scriptId))}:${frame.location.lineNumber + 1})`);
    });
  });
}

/** Of a path, its last part: the rest is nobody's business. */
const fileName = (url = '') => url.slice(url.search(/[^/\\]*$/)) || 'a script';
