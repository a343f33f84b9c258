import type {
  AnswerEnvelope,
  GenerateEvent,
  GenerateRequest,
  GenerateResult,
  HandlerRegistry,
  LoadedModelInfo,
  MatchReason,
  ModelCapabilities,
  ModelInfo,
  ModelRequirements,
  QuantizationOption,
} from '@llmi/core';
import type { DownloadProgress, FileChoice, InstalledModel, RemoveResult } from '@llmi/hub';
import type { Alternatives, ConvertModelOptions, ConvertedFile, OtherFormat } from './conversion/contract.js';
import type { DependencyStatus } from './doctor/dependencies.js';
import type { CareOptions, ModelFix, ModelUpdate, RemoveModelOptions } from './installed/contract.js';
import type { ExpectedSpeed } from './probe/expected-speed.js';
import type { ReplicaStatus } from './model-host.js';
import type { ProjectInstallOptions, ProjectModel } from './project/contract.js';
import type { Settings } from './settings.js';
import type { TrainingOptions, TrainingRecipe } from './training/contract.js';

export interface Gpu {
  name: string;
  memoryBytes?: number;
  memoryFreeBytes?: number;
}

/** This machine, as far as models care. */
export interface MachineInfo {
  platform: string;
  arch: string;
  cpuModel: string;
  cpuFeatures?: string[]; // vector instructions, where the system tells them: avx2, avx512f, asimd ...
  cores: number; // usable by this process: affinity and cgroup quota counted
  memoryTotalBytes: number;
  memoryFreeBytes: number; // available, caches that can be dropped included
  diskFreeBytes: number; // where files would go: the cache for a model of the hub, else the llmi home
  nodeVersion: string;
  gpus: Gpu[];
}

/** One handler in the ranking of a model. */
export interface HandlerRank {
  handler: string;
  package: string;
  taken: boolean;
  specificity: number;
  priority: number;
  reasons: (MatchReason & { explanation: string })[];
  refusal?: string;
}

/** What `llmi check` shows. Made without fetching weights. */
export interface CheckReport {
  model: ModelInfo;
  handler: { name: string; package: string; version: string };
  ranking: HandlerRank[];
  choice: FileChoice;
  requirements: ModelRequirements;
  capabilities: ModelCapabilities;
  quantizations: QuantizationOption[];
  machine: MachineInfo;
  /** How fast the model will be on the processor. Absent where its handler does not say what it costs, or a GPU will do the work. */
  speed?: ExpectedSpeed;
  verdict: { fits: boolean; tight: boolean; lacks?: 'disk' | 'memory'; reason: string; hint?: string };
  notes: Record<string, string>;
  /** For an adapter: all the rest is of the model that it goes onto. */
  adapter?: { id: string; base: string; sizeBytes: number };
}

export interface CheckOptions {
  /** Glob that chooses the weights by file name. */
  file?: string;
  /** As for an installation. */
  base?: string;
  signal?: AbortSignal;
}

export type InstallEvent =
  | { type: 'check'; report: CheckReport }
  | { type: 'dependencies'; lacking: DependencyStatus[] }
  | { type: 'download'; progress: DownloadProgress }
  | { type: 'convert'; progress: { bytes: number; totalBytes: number; tensor: string } }
  | { type: 'validate' }
  | { type: 'done'; model: InstalledModel; alreadyInstalled: boolean };

export interface InstallOptions {
  /** Glob that chooses the weights by file name. */
  file?: string;
  /** Installs although the check says that it does not fit. */
  force?: boolean;
  /** Decides for a repository whose format no handler reads; without it such a one is an error that names the ways there are. */
  chooseFormat?: (alternatives: Alternatives) => Promise<OtherFormat | undefined>;
  /** The model that an adapter goes onto; without it the one that the adapter names. */
  base?: string;
  /** As for `convert`, where that is what is chosen. */
  keepSource?: boolean;
  signal?: AbortSignal;
  onEvent?: (event: InstallEvent) => void;
}

/** One model in memory, for `ps`, `/info` and `/health`. */
export interface LoadedModelStatus {
  name: string;
  pinned: boolean; // stays in memory until it is unloaded
  state: 'loading' | 'ready' | 'stopping';
  pid: number | undefined; // of the runner
  loadedAt: string;
  lastUsedAt: string;
  active: number; // requests in work
  waiting: number; // requests in the queue
  memoryBytes: number | undefined; // resident memory of the runner, or of all its replicas
  replicas?: ReplicaStatus[]; // where there are to be several
  info: LoadedModelInfo | undefined;
}

/** What is known of an installed model before it is loaded. */
export interface ModelDescription {
  installed: InstalledModel;
  capabilities: ModelCapabilities;
  modes: Record<string, string>;
  tasks: string[];
  /** Request fields with the defaults that this model sets for them. */
  inferenceParams: Partial<GenerateRequest>;
}

/** The closing event carries what a server adds to every answer. */
export type AnsweredEvent = Exclude<GenerateEvent, { type: 'done' }> | (Extract<GenerateEvent, { type: 'done' }> & { envelope: AnswerEnvelope });

export interface ServedModel {
  /** What the model is called in requests. */
  name: string;
  installed: InstalledModel;
  /** Not in the llmi home: the embedded demo, or a folder given on the command line. */
  temporary: boolean;
}

export interface DoctorItem {
  name: string;
  status: 'ok' | 'warning' | 'problem';
  detail: string;
  cure?: string;
}

export interface GenerateCall {
  signal?: AbortSignal;
  /** Who asks: the clients of one model take turns. */
  client?: string;
  /** Higher goes first where requests wait; default 0. */
  priority?: number;
}

export interface LoadCall extends GenerateCall {
  /** Keeps the model in memory, idle or not and whatever else needs the room, until it is unloaded. */
  pinned?: boolean;
}

/** Everything that the command line, the server and library users do with models. */
export interface Engine extends AsyncDisposable {
  readonly settings: Settings;

  // Look and install
  registry(): Promise<HandlerRegistry>;
  machine(): Promise<MachineInfo>;
  check(reference: string, options?: CheckOptions): Promise<CheckReport>;
  install(reference: string, options?: InstallOptions): Promise<InstalledModel>;
  /** Installs what the project's package.json declares, each at the commit of llmi.lock, and writes that file. */
  installProject(options?: ProjectInstallOptions): Promise<ProjectModel[]>;
  /** A GGUF file of a safetensors model: installed, or written to `out`. */
  convert(reference: string, options?: ConvertModelOptions): Promise<ConvertedFile>;
  /** A recipe to fine-tune an installed model on examples. */
  trainConfig(name: string, options: TrainingOptions): Promise<TrainingRecipe>;
  list(): Promise<{ models: InstalledModel[]; broken: { folder: string; error: Error }[] }>;
  remove(name: string, options?: RemoveModelOptions): Promise<RemoveResult>;
  /** Brings models, all unless named, to the commit where their branch stands now. What fails for one of several is in its report. */
  update(names: string[], options?: CareOptions): Promise<ModelUpdate[]>;
  /** Verifies models, all unless named, and fetches again what is broken. What fails for one of several is in its report. */
  fix(names: string[], options?: CareOptions): Promise<ModelFix[]>;
  doctor(): Promise<DoctorItem[]>;

  // Run
  /** Serves a model that is not installed under the home: a folder, a .gguf file, an installed model's folder. */
  attach(path: string, name?: string): Promise<ServedModel>;
  /** What can be asked for: installed and attached models. */
  models(): Promise<ServedModel[]>;
  /** @throws {LlmiError} MODEL_NOT_INSTALLED (with the nearest names), MODEL_AMBIGUOUS */
  find(name: string): Promise<ServedModel>;
  describe(name: string): Promise<ModelDescription>;
  /** The request checked against the model, before it is queued. @throws {LlmiError} INPUT_INVALID, INPUT_UNSUPPORTED, MODE_UNSUPPORTED ... */
  validate(name: string, request: GenerateRequest): Promise<void>;
  /** Loads on demand, waits its turn, streams. `done` comes once, last; an error is thrown. */
  generate(name: string, request: GenerateRequest, call?: GenerateCall): AsyncIterable<AnsweredEvent>;
  /** The same events, folded. */
  answer(name: string, request: GenerateRequest, call?: GenerateCall): Promise<{ result: GenerateResult; envelope: AnswerEnvelope }>;
  load(name: string, call?: LoadCall): Promise<LoadedModelStatus>;
  /** Waits for the work in progress; `force` stops it. */
  unload(name: string, options?: { force?: boolean }): Promise<boolean>;
  loaded(): LoadedModelStatus[];
}
