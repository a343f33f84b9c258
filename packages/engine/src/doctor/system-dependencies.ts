import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SystemDependency } from '@llmi/core';
import type { DoctorItem } from '../contract.js';
import { programFolders } from '../environment.js';
import { ok, problem } from './item.js';

/** Where libraries lie: Debian's and Red Hat's folders, CUDA's, those of WSL, of Homebrew, of Windows. */
const libraryFolders = [
  ...['/lib', '/lib64', '/usr/lib', '/usr/lib64', '/usr/local/lib', '/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu'],
  ...['/usr/local/cuda/lib64', '/usr/lib/wsl/lib', '/opt/homebrew/lib', 'C:\\Windows\\System32'],
];

/** Carries out the probe that a handler declares for a driver or program. */
export function examineSystem({ name, optional = true, reason, probe, install = {} }: SystemDependency): DoctorItem {
  const folders = programFolders();
  const found =
    (probe.programs ?? []).some((program) => folders.some((folder) => existsSync(join(folder, program)) || existsSync(join(folder, `${program}.exe`)))) ||
    (probe.libraries ?? []).some((library) => libraryFolders.some((folder) => existsSync(join(folder, library)))) ||
    (probe.files ?? []).some((file) => existsSync(file));
  if (found) return ok(name, 'found');
  const cure = install[process.platform] ?? install.any ?? reason;
  return optional ? ok(name, `not found (optional: ${reason})`) : problem(name, `not found: ${reason}`, cure);
}
