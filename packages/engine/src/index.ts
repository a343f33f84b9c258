export type {
  AnsweredEvent,
  CheckOptions,
  CheckReport,
  DoctorItem,
  Engine,
  GenerateCall,
  LoadCall,
  HandlerRank,
  InstallEvent,
  InstallOptions,
  LoadedModelStatus,
  MachineInfo,
  ModelDescription,
  ServedModel,
} from './contract.js';
export type { Alternatives, ConvertedFile, ConvertModelOptions, OtherFormat } from './conversion/contract.js';
export type { DependencyStatus } from './doctor/dependencies.js';
export type { CareEvent, CareOptions, FileChange, ModelFix, ModelUpdate, RemoveModelOptions } from './installed/contract.js';
export type { ProjectInstallOptions, ProjectModel } from './project/contract.js';
export type { ExpectedSpeed } from './probe/expected-speed.js';
export type { LogEntry, Settings } from './settings.js';
export type { ExampleLayout, TrainingData, TrainingOptions, TrainingRecipe } from './training/contract.js';
export type { RemoteEngine } from './remote/remote-engine.js';
export { createEngine } from './engine.js';
export { defaultSettings, load, type LoadModelOptions, type Model } from './load.js';
