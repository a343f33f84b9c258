import { z } from 'zod';
import type { ErrorCode } from './errors.js';

/** An npm package that a model needs beyond its handler's own dependencies. */
export const dependencySchema = z.object({
  name: z.string(),
  range: z.string(), // semver range
  optional: z.boolean().default(false),
  reason: z.string().optional(),
});
export type Dependency = z.input<typeof dependencySchema>;

/** Something outside npm: a driver or a program. The probe says how to find it, as data. */
export const systemDependencySchema = z.object({
  name: z.string(), // CUDA, Vulkan, ffmpeg
  optional: z.boolean().default(true),
  reason: z.string(),
  /** Found when any of these is: a program on PATH, a shared library by name, or an existing file. */
  probe: z.object({
    programs: z.array(z.string()).default([]),
    libraries: z.array(z.string()).default([]),
    files: z.array(z.string()).default([]),
  }),
  /** How to install it, by platform; `any` for all. */
  install: z.record(z.string(), z.string()).default({}),
});
export type SystemDependency = z.input<typeof systemDependencySchema>;

/** One figure and the arithmetic behind it, so that a person can check it. */
export const memoryPartSchema = z.object({
  name: z.string(), // weights, KV cache, activations, runtime
  bytes: z.number(),
  derivation: z.string(), // "2 x 30 layers x 3 KV heads x 64 x 2,048 tokens x 2 bytes"
});
export type MemoryPart = z.infer<typeof memoryPartSchema>;

/** What one unit of a model's output costs a processor, for telling its speed in advance. */
export const workSchema = z.object({
  unit: z.string(), // token, text of 32 tokens
  bytes: z.number(), // read from memory
  operations: z.number(), // single-precision multiplications and additions, or as many as take the same time
  derivation: z.string(),
});
export type Work = z.infer<typeof workSchema>;

/** What a model needs to run, derived from its files. Source of the shape: `analyze` of the handler guide. */
export const modelRequirementsSchema = z.object({
  modelType: z.string(),
  modelFamily: z.string(),
  primaryLibrary: z.string(),
  baseDependencies: z.array(dependencySchema).default([]),
  specialDependencies: z.array(dependencySchema).default([]),
  optionalDependencies: z.array(dependencySchema).default([]),
  systemDependencies: z.array(systemDependencySchema).default([]),
  /** In GB (10^9 bytes). `min` loads and answers a short request; `recommended` uses the default context and batch. */
  memoryRequirements: z.object({
    min: z.number(),
    recommended: z.number(),
    gpuMin: z.number(),
    gpuRecommended: z.number(),
  }),
  /** What `memoryRequirements.recommended` adds up from. */
  memoryParts: z.array(memoryPartSchema).default([]),
  diskBytes: z.number(),
  parameterCount: z.number().optional(),
  /** Where `parameterCount` comes from. `name` is a guess from the model's name, the last resort. */
  parameterSource: z.enum(['gguf', 'safetensors', 'onnx', 'config', 'name', 'unknown']).default('unknown'),
  /** Longest context in tokens that the model was made for. */
  maxContextLength: z.int().optional(),
  /** Context in tokens that llmi loads it with unless told otherwise. */
  defaultContextLength: z.int().optional(),
  quantization: z.string().optional(),
  work: workSchema.optional(),
});
export type ModelRequirements = z.output<typeof modelRequirementsSchema>;
export type ModelRequirementsInput = z.input<typeof modelRequirementsSchema>;

/** One way to have the same model smaller or more exact. */
export const quantizationOptionSchema = z.object({
  name: z.string(), // Q8_0, int8
  diskBytes: z.number(),
  memoryBytes: z.number(),
  files: z.array(z.string()).default([]),
});
export type QuantizationOption = z.infer<typeof quantizationOptionSchema>;

export const modelCapabilitiesSchema = z.object({
  supportsStreaming: z.boolean(),
  supportsSystemPrompt: z.boolean(),
  supportsMultimodal: z.boolean(),
  supportsTools: z.boolean().default(false),
  supportsReasoning: z.boolean().default(false),
  maxContextLength: z.int().optional(),
  inputModalities: z.array(z.enum(['text', 'image', 'audio', 'video', 'tensor'])),
  outputModalities: z.array(z.enum(['text', 'image', 'audio', 'video', 'embedding', 'label', 'tensor'])),
  tasks: z.array(z.string()),
  supportedModes: z.array(z.string()),
  embeddingDimensions: z.int().optional(),
});
export type ModelCapabilities = z.output<typeof modelCapabilitiesSchema>;
export type ModelCapabilitiesInput = z.input<typeof modelCapabilitiesSchema>;

/** The answer of a check that does not throw: `ok`, or what is wrong and what would be right. `code`: what to throw it as. */
export type Validation = { ok: true } | { ok: false; error: string; hint?: string; param?: string; code?: ErrorCode };

/** GB (10^9 bytes) with two decimals, never 0 for something. */
export function toGigabytes(bytes: number): number {
  return Math.max(0.01, Math.round(bytes / 1e7) / 100);
}
