import { modelFileSchema, modelInfoSchema, modelRequirementsSchema } from '@llmi/core';
import { z } from 'zod';

/** What llmi.json says of an installed model, in camelCase; on disk its keys are snake_case. Unknown keys of newer versions are left alone. */
export const installedModelSchema = z.object({
  name: z.string().min(1), // org/name as shown
  id: z.string().min(1),
  revision: z.string().optional(), // commit
  source: z.enum(['hub', 'folder', 'file']),
  path: z.string().min(1), // folder that the handler loads
  handler: z.object({ package: z.string(), name: z.string(), version: z.string() }),
  info: modelInfoSchema,
  tasks: z.array(z.string()).optional(), // as the handler says, for a model whose repository does not
  requirements: modelRequirementsSchema,
  files: z.array(modelFileSchema),
  sizeBytes: z.number(),
  installedAt: z.string(), // ISO 8601
  settings: z.record(z.string(), z.unknown()).default({}),
});

export interface InstalledModel extends z.infer<typeof installedModelSchema> {
  /** The model's folder under the llmi home. */
  folder: string;
}
