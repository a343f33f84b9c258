import { OnnxSession, type OnnxLoadOptions } from '@llmi/runtime-onnx';

/** Loads graphs one after the other, so that the peak of memory is that of one; when one fails, those before it are freed. */
export async function loadSessions(paths: readonly string[], options: OnnxLoadOptions): Promise<OnnxSession[]> {
  const sessions: OnnxSession[] = [];
  try {
    for (const path of paths) sessions.push(await OnnxSession.load(path, options));
    return sessions;
  } catch (error) {
    await disposeSessions(sessions);
    throw error;
  }
}

/** Frees every one of them, also where one fails. */
export async function disposeSessions(sessions: readonly OnnxSession[]): Promise<void> {
  await Promise.allSettled(sessions.map((session) => session[Symbol.asyncDispose]()));
}
