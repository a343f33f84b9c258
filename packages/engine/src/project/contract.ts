import type { InstalledModel } from '@llmi/hub';
import type { InstallEvent, InstallOptions } from '../contract.js';

export interface ProjectInstallOptions extends Pick<InstallOptions, 'force' | 'chooseFormat' | 'signal'> {
  /** Refuses to differ from llmi.lock. */
  frozen?: boolean;
  /** Takes the newest commits instead of those of llmi.lock, and writes them there. */
  renew?: boolean;
  onEvent?: (event: InstallEvent & { alias: string }) => void;
}

/** One model that a project declares. */
export interface ProjectModel {
  alias: string; // what the project calls it
  reference: string; // as its package.json has it
  installed: InstalledModel;
  /** How llmi.lock changed. */
  lock: 'kept' | 'added' | 'changed';
}
