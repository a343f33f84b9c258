/** What a deployment is made of; every figure comes from the model's own requirements. */
export interface DeployPlan {
  /** As `llmi install` takes it: org/name:QUANT@commit. */
  model: string;
  /** For services, containers and files: letters, digits and hyphens. */
  name: string;
  /** Of llmi, to be installed there. */
  version: string;
  port: number;
  /** What the runner and the gateway may take, in MiB. */
  memoryMiB: number;
  /** Room for the model's files, in GiB. */
  diskGiB: number;
  gpu: boolean;
}

export type DeployTarget = 'docker' | 'compose' | 'k8s' | 'systemd';

/** Files by name, and the commands that put them to use. */
export interface Deployment {
  files: Record<string, string>;
  commands: string[];
}

/** Seconds that a server gets to finish its requests after it is asked to stop. */
export const graceSeconds = 30;

/** A word in a shell, a Dockerfile or a unit. Model names are of letters that need no quoting; a file name may be of others. */
export const quoted = (text: string) => (/^[\w./:@-]+$/.test(text) ? text : JSON.stringify(text));
