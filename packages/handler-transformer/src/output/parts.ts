/** A tool call as the model wrote it: `arguments` is JSON text. */
export interface WrittenCall {
  name: string;
  arguments: string;
  /** Where the format has one. */
  id?: string;
}

/** A piece of an answer, told apart. */
export type OutputPart = { type: 'text'; text: string } | { type: 'reasoning'; text: string } | { type: 'call'; call: WrittenCall };

/** Reads an answer as it comes, and tells thinking, text and calls apart. Nothing that the model wrote for people is lost. */
export interface OutputReader {
  /** The model is thinking: what comes next is no answer yet. */
  readonly isReasoning: boolean;
  push(text: string): OutputPart[];
  /** What is left when no text follows. */
  end(): OutputPart[];
}

/** For a model that only writes text. */
export class PlainReader implements OutputReader {
  readonly isReasoning = false;

  push(text: string): OutputPart[] {
    return text === '' ? [] : [{ type: 'text', text }];
  }

  end(): OutputPart[] {
    return [];
  }
}
