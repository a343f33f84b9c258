import type { Weight } from '../checkpoint/weight.js';
import type { GgufMetadata } from '../gguf/metadata.js';
import type { ModelFolder } from '../model-folder.js';
import type { TokenizerFiles } from '../vocabulary/tokenizer-files.js';
import type { ModelConfig } from './model-config.js';
import type { RopeParameters } from './rope.js';

/** A tensor of the file to be. */
export interface NamedWeight {
  name: string; // as GGUF calls it: blk.0.attn_q.weight
  weight: Weight;
}

/** All that a family needs to know of the model at hand. */
export interface FamilyContext {
  folder: ModelFolder;
  config: ModelConfig;
  rope: RopeParameters;
  blockCount: number;
  tokenizer: TokenizerFiles;
  /** Set by the caller where the vocabulary's own kind is not known. */
  preTokenizer?: string;
  /** What a person should know of the result. */
  notes: string[];
}

/** Turns the tensors of a checkpoint, one by one, into those of the file. */
export interface TensorMapper {
  /** None while parts of a tensor are missing. */
  map: (name: string, weight: Weight) => NamedWeight[];
  /** Called after the last one. @throws {LlmiError} MODEL_FILE_CORRUPT when parts are still missing */
  finish?: () => void;
}

/** How models of one architecture become GGUF. */
export interface Family {
  /** `general.architecture`. */
  name: string;
  /** Names in transformers, as in `architectures` of config.json. */
  architectures: string[];
  /** Changes values that mean something else in GGUF; called first. */
  prepare?: (context: FamilyContext) => void | Promise<void>;
  /** The tensor's name without what does not belong to the family; undefined for a tensor that is left out. */
  keep?: (name: string) => string | undefined;
  parameters: (context: FamilyContext, metadata: GgufMetadata, fileType: number) => void | Promise<void>;
  vocabulary: (context: FamilyContext, metadata: GgufMetadata) => Promise<void>;
  /** Tensors that the checkpoint does not have. */
  extraTensors?: (context: FamilyContext, metadata: GgufMetadata) => NamedWeight[];
  mapper: (context: FamilyContext) => TensorMapper | Promise<TensorMapper>;
}
