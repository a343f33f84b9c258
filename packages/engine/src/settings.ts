import type { HubSettings } from '@llmi/hub';
import type { RemoteEngine } from './remote/remote-engine.js';
import type { RunnerLimits } from './runner/watchdog.js';

/** Everything the engine needs to know of its surroundings. `resolveSettings` makes it from flags, environment and files. */
export interface Settings {
  /** The llmi home: installed models, handlers, configuration, caches. Default: `~/.llmi`. */
  home: string;
  hub: HubSettings;
  /** Folder of the project one stands in: its dependencies may be handlers. */
  projectDir?: string;
  /** Folder of the llmi installation: the handlers it brings along. */
  installationDir?: string;
  /** Which handler settles a tie, by task: a handler or package name. `handlers.prefer.<task>` in the configuration. */
  preferHandlers: Record<string, string>;
  /** Where a model runs: in a process of its own, or in this one. */
  isolation: 'process' | 'none';
  /** Compute threads of a model; default: as many as cores are free when its runner starts, else what the handler chooses. */
  threads?: number;
  /** Context length in tokens of text models; default: the handler's choice. */
  contextSize?: number;
  /** How GGUF text models keep keys and values: f16 (default), q8_0 for half of the memory, and others of llama.cpp. */
  kvCacheType?: string;
  /** GGUF text models guess ahead from what prompt and answer said before. Default: false. */
  promptLookup?: boolean;
  /** For a GGUF text model, by its name, the smaller one with the same vocabulary that guesses ahead: an installed one, or the path of a .gguf file. */
  drafts?: Record<string, string>;
  /** Requests that one model works on at the same time; more wait. */
  parallel: number;
  /** In how many processes a model is, by its name; one, where it is not named. */
  replicas?: Record<string, number>;
  /** Requests that may wait for one model before QUEUE_FULL. */
  maxQueue: number;
  /** Minutes after which an idle model is unloaded; 0 keeps it. */
  keepAliveMinutes: number;
  /** Engines on the network whose models are served beside the local ones. */
  remotes?: RemoteEngine[];
  /** How long a runner with something to do may be silent. Default: 45 seconds in a loop of JavaScript, half an hour in a native call. */
  runnerLimits?: Partial<RunnerLimits>;
  log?: (entry: LogEntry) => void;
}

export interface LogEntry {
  level: 'debug' | 'info' | 'warn' | 'error';
  message: string;
  model?: string;
  [field: string]: unknown;
}
