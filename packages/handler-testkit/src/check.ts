import type { GenerateRequest, LoadOptions, ModelInfoInput } from '@llmi/core';
import type { ChecklistItem } from './checklist.js';
import type { HandlerPackage } from './handler-package.js';
import type { ModelUnderTest } from './model-under-test.js';

/** A model to try the handler with. */
export interface TestModel {
  /** In the names of tests; default: the name of the folder or file. */
  name?: string;
  /** What `loadModel` gets: a folder, or a file. It is only read. */
  path: string | URL;
  /** What its small files do not say of it: the facts that `llmi check --json` shows. */
  facts?: Partial<ModelInfoInput>;
  /** What to ask it, each answered within seconds: one for each thing that it can do. */
  requests: [GenerateRequest, ...GenerateRequest[]];
  /** One that takes several steps, to be cancelled; default: the first of `requests`. */
  longRequest?: GenerateRequest;
  load?: LoadOptions;
}

/** Why a check says nothing about this handler. Returned, not thrown. */
export interface NotApplicable {
  notApplicable: string;
}

export const notApplicable = (reason: string): NotApplicable => ({ notApplicable: reason });

/** One thing that every handler does. `run` throws when this one does not. */
export interface Check<Subject> {
  item: ChecklistItem;
  name: string;
  run(subject: Subject): Promise<NotApplicable | void> | NotApplicable | void;
}

export type PackageCheck = Check<HandlerPackage>;
export type ModelCheck = Check<ModelUnderTest>;
