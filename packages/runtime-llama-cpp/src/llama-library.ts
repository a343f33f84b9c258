import type { Llama, LlamaGpuType } from 'node-llama-cpp';
import { LlmiError } from '@llmi/core';

export type LlamaLibrary = typeof import('node-llama-cpp');

export interface OpenLlama {
  library: LlamaLibrary;
  llama: Llama;
  /** cpu, cuda, vulkan or metal. */
  device: string;
}

/** What llama.cpp said last when something was wrong: its errors carry no text of their own. Process-wide, as llama.cpp's log is. */
const recentLines: string[] = [];
const keptLines = 20;
const logDelayMs = 10;

/** One backend per device, kept for the life of the process: it is small, and models share it. */
const backends = new Map<string, Promise<OpenLlama>>();

const gpuTypes: Record<string, LlamaGpuType | 'auto'> = { auto: 'auto', cpu: false, cuda: 'cuda', vulkan: 'vulkan', metal: 'metal' };

/**
 * llama.cpp for a device; `auto` is the best one whose driver and binary are there. Never another device than the one named.
 * @throws {LlmiError} DEPENDENCY_MISSING, MODEL_LOAD_FAILED
 */
export async function openLlama(device = 'auto'): Promise<OpenLlama> {
  const gpu = gpuTypes[device];
  if (gpu === undefined) {
    throw new LlmiError('MODEL_LOAD_FAILED', {
      message: `llama.cpp does not run on "${device}".`,
      hint: `Use one of: ${Object.keys(gpuTypes).join(', ')}.`,
    });
  }
  const known = backends.get(device);
  if (known) return known;
  const opening = open(device, gpu);
  backends.set(device, opening);
  opening.catch(() => backends.delete(device));
  return opening;
}

/** Forgets what was logged, so that `loggedErrors` is about what comes next. */
export function clearLog(): void {
  recentLines.length = 0;
}

/** llama.cpp's lines come from its threads by way of the event loop: a failure is known before the line that explains it. */
export async function logDelivered(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, logDelayMs));
}

/** What llama.cpp complained of since `clearLog`, oldest first. */
export function loggedErrors(): readonly string[] {
  return recentLines;
}

async function open(device: string, gpu: LlamaGpuType | 'auto'): Promise<OpenLlama> {
  const library = await importLibrary();
  try {
    const llama = await library.getLlama({
      build: 'never',
      skipDownload: true,
      progressLogs: false,
      gpu,
      maxThreads: 0, // each context gets exactly the threads it asks for
      logLevel: library.LlamaLogLevel.error,
      logger: (_level, message) => {
        recentLines.push(message.trim());
        if (recentLines.length > keptLines) recentLines.shift();
      },
    });
    return { library, llama, device: llama.gpu === false ? 'cpu' : llama.gpu };
  } catch (cause) {
    throw new LlmiError('MODEL_LOAD_FAILED', {
      message: `llama.cpp cannot be started on "${device}".`,
      hint:
        device === 'cpu' || device === 'auto'
          ? 'There is no llama.cpp binary for this platform: reinstall node-llama-cpp with its optional dependencies.'
          : `Install the driver of ${device}, or use device "cpu".`,
      cause,
    });
  }
}

async function importLibrary(): Promise<LlamaLibrary> {
  try {
    return await import('node-llama-cpp');
  } catch (cause) {
    throw new LlmiError('DEPENDENCY_MISSING', {
      message: 'The package node-llama-cpp cannot be loaded.',
      hint: 'Install it: npm install node-llama-cpp',
      cause,
    });
  }
}
