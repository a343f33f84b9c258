import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageManifestSchema, type HandlerDefinition, type HandlerManifest } from '@llmi/core';

/** The fields of a handler's package.json that checks look at. */
interface PackageJson {
  name?: string;
  keywords?: string[];
  llmi?: unknown;
}

/** The package of the handler under test. */
export class HandlerPackage {
  #json: Promise<PackageJson> | undefined;

  constructor(
    readonly definition: HandlerDefinition,
    readonly folder: string,
    /** Milliseconds for a process of its own to end. */
    readonly patienceMs: number,
  ) {}

  json(): Promise<PackageJson> {
    return (this.#json ??= readFile(join(this.folder, 'package.json'), 'utf8').then((text) => JSON.parse(text) as PackageJson));
  }

  /** The manifest of the handler under test. */
  async manifest(): Promise<HandlerManifest> {
    const { handlers } = packageManifestSchema.parse((await this.json()).llmi);
    const manifest = handlers.find(({ name }) => name === this.definition.name);
    if (manifest) return manifest;
    throw new Error(`The manifest has no handler "${this.definition.name}", as its code calls itself, but: ${handlers.map(({ name }) => name).join(', ')}.`);
  }
}
