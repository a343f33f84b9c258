/**
 * What one line of a file of examples holds: a conversation (`messages`), an instruction with its answer (Alpaca's `instruction`, `input`,
 * `output`), a prompt with its completion, or plain text to go on with.
 */
export type ExampleLayout = 'chat' | 'instruction' | 'completion' | 'text';

/** A file of examples that was read to its end. */
export interface TrainingData {
  path: string;
  layout: ExampleLayout;
  examples: number;
  /** JSON Lines, or one JSON array. */
  format: 'jsonl' | 'json';
}

export interface TrainingOptions {
  /** File of examples. */
  data: string;
  /** Program that trains: TRL with PEFT, or axolotl. */
  trainer?: 'trl' | 'axolotl';
  /** An adapter, or all weights; default: what the handler recommends for a model of its size. */
  method?: 'lora' | 'full';
  /** Repository or folder with the weights to train from, where not the one that the model was made of. */
  base?: string;
  signal?: AbortSignal;
}

/** Everything that a fine-tuning needs besides Python: files to write into one folder, and the commands to run there. */
export interface TrainingRecipe {
  base: string;
  trainer: 'trl' | 'axolotl';
  data: TrainingData;
  files: Record<string, string>;
  commands: string[];
}
