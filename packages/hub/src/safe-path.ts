import { LlmiError } from '@llmi/core';

/** Windows takes these names for devices, with any extension. */
const deviceName = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?$/i;
const maxPathLength = 1024; // characters
const maxNameBytes = 255; // of one name, on every common file system
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const controlCharacter = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

/** Why a path of a listing must not be written to a disk; undefined when it may. */
export function pathProblem(path: string): string | undefined {
  if (path === '') return 'it has no name';
  if (path.length > maxPathLength) return 'its name is too long';
  if (controlCharacter.test(path)) return 'its name holds control characters';
  if (path.includes('\\')) return 'its name holds a backslash';
  if (path.startsWith('/') || /^[a-z]:/i.test(path)) return 'its path is absolute';
  for (const name of path.split('/')) {
    if (name === '' || name === '.' || name === '..') return 'its path leads out of the folder';
    if (Buffer.byteLength(name) > maxNameBytes) return 'its name is too long';
    if (deviceName.test(name)) return `"${name}" is the name of a device`;
    if (/[. ]$/.test(name) || /[<>:"|?*]/.test(name)) return `"${name}" is a name that not every file system has`;
  }
  return undefined;
}

/** A path shown to a person: control characters made visible, cut to a sensible length. */
export function shownPath(path: string): string {
  return JSON.stringify(path.length > 120 ? `${path.slice(0, 120)}...` : path);
}

export function refusedFile(path: string, problem: string): LlmiError {
  return new LlmiError('MODEL_FILE_REFUSED', {
    message: `The file ${shownPath(path)} is refused: ${problem}.`,
    hint: 'Nothing was written. Tell the owner of the repository, or take the model from another one.',
  });
}

/**
 * Refuses sets of paths that cannot lie beside each other on every file system.
 * @throws {LlmiError} MODEL_FILE_REFUSED for names that differ in case only, and for a file in the place of a folder
 */
export function refuseCollisions(paths: readonly string[]): void {
  const seen = new Map<string, string>();
  const fold = (path: string) => path.normalize('NFC').toLowerCase();
  for (const path of paths) {
    const other = seen.get(fold(path));
    if (other !== undefined && other !== path) throw refusedFile(path, `its name differs from that of ${shownPath(other)} in case only`);
    seen.set(fold(path), path);
  }
  for (const path of paths) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = seen.get(fold(path.slice(0, end)));
      if (folder !== undefined) throw refusedFile(path, `${shownPath(folder)} is a file, not a folder`);
    }
  }
}
