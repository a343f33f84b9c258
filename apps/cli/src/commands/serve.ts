import type { Engine, ServedModel } from '@llmi/engine';
import packageJson from '../../package.json' with { type: 'json' };
import { onInterrupt } from '../interrupt.js';
import { findModel } from '../model-argument.js';
import { logWriter } from '../render/log.js';
import { curlLine } from '../serve/curl-line.js';
import { demoInstead } from '../demo.js';
import { accessRules, followAccess } from '../serve/access-rules.js';
import { limitTo } from '../serve/limit-to.js';
import type { CommonOptions, Session } from '../session.js';

interface ServeOptions extends CommonOptions {
  replicas?: string[];
  draft?: string[];
}

export async function run(session: Session, { replicas = [], draft = [] }: ServeOptions, names: string[]): Promise<void> {
  const { engine, app } = await session.open();
  const { models, served, defaultModel } = await chooseModels(session, engine, names);
  const named = [...replicas, ...draft].map((flag) => flag.slice(0, flag.lastIndexOf('='))).filter((name) => name !== '*');
  for (const name of named) await served.find(name); // a name with a slip would have no effect
  const rules = accessRules(session);
  const server = await session.services.startServer({
    engine: served,
    host: app.host,
    port: app.port,
    ...rules,
    defaultModel,
    version: packageJson.version,
    log: logWriter(session, session.verbose ? 'debug' : app.logLevel),
  });
  const stopped = new Promise<void>((resolve) => onInterrupt(session.terminal, resolve)); // the next one ends the process, and with it the runners
  const unfollow = followAccess(session, server);
  try {
    await announce(session, served, models, { url: server.url, port: server.port, hasKey: rules.apiKeys.length > 0, defaultModel });
    await stopped;
    if (session.json) session.document({ type: 'stopping' });
    else session.note('\nStopping: requests in work are finished. Ctrl-C again ends at once.');
  } finally {
    unfollow();
    await server.close();
  }
  if (session.json) session.document({ type: 'stopped' });
}

interface Choice {
  models: ServedModel[];
  /** The engine with what may be asked for. */
  served: Engine;
  defaultModel: string | undefined;
}

/** The models that are named, else all that are installed, else the demo. */
async function chooseModels(session: Session, engine: Engine, names: string[]): Promise<Choice> {
  if (names.length > 0) {
    const models: ServedModel[] = (await engine.models()).filter(isRemote);
    for (const name of names) models.push(await findModel(engine, name, session.terminal));
    return { models, served: limitTo(engine, models), defaultModel: models.find((model) => !isRemote(model))!.name };
  }
  const models = await engine.models();
  if (models.length > 0) return { models, served: engine, defaultModel: models.length === 1 ? models[0]!.name : undefined };
  const demo = await demoInstead(session, engine, ', then start again.');
  return { models: [demo], served: engine, defaultModel: demo.name };
}

const isRemote = ({ installed }: ServedModel) => installed.source === 'remote';

interface Announcement {
  url: string;
  port: number;
  hasKey: boolean;
  defaultModel: string | undefined;
}

async function announce(session: Session, engine: Engine, models: ServedModel[], { url, port, hasKey, defaultModel }: Announcement): Promise<void> {
  const names = models.map(({ name }) => name);
  if (session.json) return session.document({ type: 'listening', url, port, models: names, default_model: defaultModel ?? null });
  const colours = session.colours();
  session.print(`llmi ${packageJson.version} serves at ${colours.bold(url)}`);
  for (const { name, installed } of models) session.print(`  ${name}${name === defaultModel && models.length > 1 ? ' (default)' : ''}  ${colours.dim(installed.info.quantization ?? '')}`.trimEnd());
  session.print(`\nTry it:\n  ${await curlLine(engine, models[0]!, { url, hasKey, needsName: defaultModel === undefined, platform: session.terminal.platform })}`);
  session.print(`\nOpenAI clients: base URL ${url}/v1\nCtrl-C stops it.`);
}
