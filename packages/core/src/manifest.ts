import { z } from 'zod';
import { modelFormatSchema } from './model-info.js';

/** Version of the handler contract that this core speaks. */
export const handlerApiVersion = 1;

const patterns = z.array(z.string().min(1).max(200)).max(500).default([]);

/**
 * Patterns over the facts of a model; `*` stands for any characters. The most specific kind that matches counts: model id, then
 * architecture, model type, pipeline class, files, library, pipeline tag.
 */
export const matchSchema = z.object({
  modelIds: patterns,
  architectures: patterns,
  modelTypes: patterns,
  pipelineClasses: patterns,
  files: patterns,
  libraries: patterns,
  pipelineTags: patterns,
});
export type Match = z.infer<typeof matchSchema>;

/** One handler, as its package.json introduces it. */
export const handlerManifestSchema = z.object({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,49}$/, 'small letters, digits and -, at most 50'),
  entry: z.string().regex(/^\.\/(?!.*\.\.)/, 'a path inside the package, such as ./dist/index.js'),
  displayName: z.string().max(100).optional(),
  description: z.string().max(500).optional(),
  tasks: z.array(z.string().min(1)).min(1),
  match: matchSchema,
  /** A model that matches any of these is not taken, whatever `match` says. */
  exclude: matchSchema.prefault({}),
  priority: z.number().min(0).max(100).default(50),
  formats: z.array(modelFormatSchema).default([]), // none named: any
});
export type HandlerManifest = z.infer<typeof handlerManifestSchema>;

/** The `llmi` field of a handler package's package.json. */
export const packageManifestSchema = z.object({
  apiVersion: z.literal(handlerApiVersion),
  handlers: z.array(handlerManifestSchema).min(1),
});
