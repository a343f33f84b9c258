import { modelFileSchema, modelInfoSchema, modelRequirementsSchema } from '@llmi/core';
import { z } from 'zod';

/** What llmi.json says of an installed model, in camelCase; on disk its keys are snake_case. Unknown keys of newer versions are left alone. */
export const installedModelSchema = z.object({
  name: z.string().min(1), // org/name as shown
  id: z.string().min(1),
  revision: z.string().optional(), // commit
  source: modelInfoSchema.shape.source,
  path: z.string().min(1), // folder that the handler loads
  handler: z.object({ package: z.string(), name: z.string(), version: z.string() }),
  info: modelInfoSchema,
  tasks: z.array(z.string()).optional(), // as the handler says, for a model whose repository does not
  requirements: modelRequirementsSchema,
  files: z.array(modelFileSchema),
  sizeBytes: z.number(),
  installedAt: z.string(), // ISO 8601
  updatedAt: z.string().optional(), // when it went to another commit
  /** How it was asked for, beyond its name: what an update follows. A commit stays, a branch or tag moves, nothing is the main branch. */
  asked: z.object({ revision: z.string().optional(), file: z.string().optional() }).optional(),
  /** Made here of another format: what from, and what the weights became. The result lies in the model's folder. */
  converted: z.object({ from: z.string(), type: z.string() }).optional(),
  /** It is an adapter on another model: the name of that one's folder. What is said of the model is that one's; `files` are the adapter's. */
  adapter: z.object({ base: z.string() }).optional(),
  settings: z.record(z.string(), z.unknown()).default({}),
});

/** The folder that `files` are in. */
export function filesFolder({ adapter, folder, path }: InstalledModel): string {
  return adapter ? folder : path;
}

export interface InstalledModel extends z.infer<typeof installedModelSchema> {
  /** The model's folder under the llmi home. */
  folder: string;
}
