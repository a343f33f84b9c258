import { handlerApiVersion, LlmiError, packageManifestSchema } from '@llmi/core';
import { formatBytes } from '@llmi/core/units';
import type { PublishedPackage } from './npm.js';

/** What a package would bring, for a person to decide on. */
export interface HandlerOffer {
  name: string;
  version: string;
  description: string;
  publishers: string[];
  /** The registry has a proof of where it was built. */
  provenance: boolean;
  license: string;
  sizeBytes: number | undefined;
  /** Commands that the package wants to run when it is installed. */
  installScripts: string[];
  handlers: { name: string; tasks: string[]; formats: string[] }[];
}

const scripts = ['preinstall', 'install', 'postinstall'];

/** @throws {LlmiError} HANDLER_INVALID for a package that declares no handler of a kind that this llmi knows */
export function offerOf(published: PublishedPackage): HandlerOffer {
  const declared = packageManifestSchema.safeParse(published.llmi);
  if (!declared.success) {
    const version = (published.llmi as { apiVersion?: unknown } | undefined)?.apiVersion;
    throw new LlmiError('HANDLER_INVALID', {
      message: published.llmi === undefined ? `${published.name} is no handler: its package.json has no "llmi".` : `${published.name} ${published.version} declares its handlers in a way that this llmi does not know: ${declared.error.issues[0]!.message}`,
      hint:
        typeof version === 'number' && version > handlerApiVersion
          ? `It is written for version ${version} of the interface, and this llmi has ${handlerApiVersion}: update llmi.`
          : typeof version === 'number' && version < handlerApiVersion
            ? `It is written for version ${version} of the interface, and this llmi has ${handlerApiVersion}: ask for a newer version of it.`
            : 'Packages with handlers have the keyword "llmi-handler".',
    });
  }
  return {
    name: published.name,
    version: published.version,
    description: published.description ?? '',
    publishers: (published.maintainers ?? []).map((maintainer) => (typeof maintainer === 'string' ? maintainer.replace(/\s*<.*>$/, '') : (maintainer.name ?? ''))).filter((name) => name !== ''),
    provenance: published.dist?.attestations !== undefined,
    license: published.license ?? 'none is named',
    sizeBytes: published.dist?.unpackedSize,
    installScripts: scripts.flatMap((name) => (published.scripts?.[name] === undefined ? [] : [`${name}: ${published.scripts[name]}`])),
    handlers: declared.data.handlers.map(({ name, tasks, formats }) => ({ name, tasks, formats })),
  };
}

export function offerFacts(offer: HandlerOffer): [string, string | undefined][] {
  return [
    ['package', `${offer.name} ${offer.version}`],
    ['about', offer.description],
    ['publisher', offer.publishers.join(', ') || 'unknown'],
    ['provenance', offer.provenance ? 'the registry has a proof of where it was built' : 'none: nobody vouches for where it was built'],
    ['licence', offer.license],
    ['size', offer.sizeBytes === undefined ? undefined : `${formatBytes(offer.sizeBytes)}, without its dependencies`],
    ['scripts', offer.installScripts.length === 0 ? 'none run when it is installed' : offer.installScripts.join('\n')],
    ['handlers', offer.handlers.map(({ name, tasks, formats }) => `${name}: ${tasks.join(', ')}${formats.length === 0 ? '' : ` (${formats.join(', ')})`}`).join('\n')],
  ];
}
