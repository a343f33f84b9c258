import { join, resolve } from 'node:path';

/** Where the process stands: what settings are read from. */
export interface Surroundings {
  env: Record<string, string | undefined>;
  cwd: string;
  /** Home folder of the user. */
  homeDirectory: string;
}

/** A folder as a person writes it: `~` is the user's home, anything relative starts at `cwd`. */
export function expandPath(path: string, { cwd, homeDirectory }: Pick<Surroundings, 'cwd' | 'homeDirectory'>): string {
  const expanded = /^~(?=$|[/\\])/.test(path) ? join(homeDirectory, path.slice(1)) : path;
  return resolve(cwd, expanded);
}

/** The llmi home. It holds config.json, so no file can move it: only the flag and the environment can. */
export function llmiHome(surroundings: Surroundings, flag?: string): { folder: string; source: string } {
  if (flag !== undefined && flag !== '') return { folder: expandPath(flag, surroundings), source: '--home' };
  const variable = surroundings.env.LLMI_HOME;
  if (variable !== undefined && variable !== '') return { folder: expandPath(variable, surroundings), source: 'LLMI_HOME' };
  return { folder: join(surroundings.homeDirectory, '.llmi'), source: 'default' };
}
