export type {
  AnsweredEvent,
  CheckReport,
  DoctorItem,
  Engine,
  GenerateCall,
  HandlerRank,
  InstallEvent,
  InstallOptions,
  LoadedModelStatus,
  MachineInfo,
  ModelDescription,
  ServedModel,
} from './contract.js';
export type { LogEntry, Settings } from './settings.js';
export { createEngine } from './engine.js';
export { defaultSettings, load, type LoadModelOptions, type Model } from './load.js';
