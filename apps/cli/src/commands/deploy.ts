import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LlmiError } from '@llmi/core';
import type { CheckReport } from '@llmi/engine';
import packageJson from '../../package.json' with { type: 'json' };
import { compose, docker } from '../deploy/docker.js';
import { kubernetes } from '../deploy/kubernetes.js';
import { systemd } from '../deploy/systemd.js';
import type { Deployment, DeployPlan, DeployTarget } from '../deploy/target.js';
import { makeEmptyFolder } from '../empty-folder.js';
import { withInterrupt } from '../interrupt.js';
import { modelReference } from '../model-argument.js';
import type { CommonOptions, Session } from '../session.js';
import { expandPath } from '../settings/home.js';

interface DeployOptions extends CommonOptions {
  to?: DeployTarget;
  out?: string;
  port?: string;
  gpu?: boolean;
}

const targets: Record<DeployTarget, (plan: DeployPlan) => Deployment> = { docker, compose, k8s: kubernetes, systemd };

/** Of the gateway, besides the model: measured, with room for requests in work. */
const gatewayMiB = 256;
const headroom = 1.15; // what is predicted is within 15 % of what is measured

export async function run(session: Session, { to, out, port = '8000', gpu = false }: DeployOptions, model: string): Promise<void> {
  const { terminal } = session;
  if (to === undefined) throw new LlmiError('USAGE', { message: 'Where to is not said.', hint: 'Add --to docker, compose, k8s or systemd.' });
  const number = Number(port);
  if (!Number.isInteger(number) || number < 1 || number > 65_535) throw new LlmiError('USAGE', { message: `"${port}" is no port.`, hint: 'A port is 1 to 65535.' });
  const engine = await session.engine();
  const report = await withInterrupt(terminal, (signal) => engine.check(modelReference(model, terminal), { signal }));
  const plan = planFor(report, { port: number, gpu });
  const { files, commands } = targets[to](plan);
  const folder = expandPath(out ?? `deploy-${plan.name}`, terminal);
  await makeEmptyFolder(folder);
  for (const [path, content] of Object.entries(files)) await writeFile(join(folder, path), content);
  if (session.json) return session.document({ type: 'deployment', to, folder, model: plan.model, memory_mib: plan.memoryMiB, files: Object.keys(files), commands });
  session.print(`Wrote ${folder}: ${plan.model} with ${plan.memoryMiB} MiB of memory`);
  session.print(`  cd ${folder}`);
  for (const command of commands) session.print(`  ${command}`);
}

function planFor({ model, requirements, choice }: CheckReport, { port, gpu }: Pick<DeployPlan, 'port' | 'gpu'>): DeployPlan {
  if (model.source !== 'hub') {
    throw new LlmiError('INPUT_UNSUPPORTED', { message: `${model.id} lies on this machine; another one cannot fetch it.`, hint: 'Name a model of the hub: llmi deploy ORG/NAME:QUANT --to docker' });
  }
  const name = `llmi-${model.id.split('/').at(-1)!}`.toLowerCase().replace(/[^a-z0-9]+/g, '-').slice(0, 50).replace(/-+$/, '');
  return {
    model: `${model.id}${choice.quantization === undefined || choice.format !== 'gguf' ? '' : `:${choice.quantization}`}${model.revision === undefined ? '' : `@${model.revision}`}`,
    name,
    version: packageJson.version,
    port,
    memoryMiB: Math.ceil((headroom * requirements.memoryRequirements.recommended * 1e9) / 2 ** 20) + gatewayMiB,
    diskGiB: Math.ceil((2 * choice.sizeBytes) / 2 ** 30) + 1,
    gpu,
  };
}
