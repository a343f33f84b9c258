/** A piece of a rendered prompt: `literal` text must not become control tokens. */
export interface PromptPiece {
  text: string;
  literal: boolean;
}

/** Code points that stand for no character, now and ever: they cannot mean anything in a template. */
const firstMark = 0xfdd0;
const lastMark = 0xfdef;

/**
 * Keeps what a user wrote from steering the model: the text of a control token (`<|im_end|>`) in a message is put between marks
 * before the template sees it, and tokenized as plain text afterwards. Text without any passes untouched.
 */
export class SpecialsGuard {
  readonly #pattern: RegExp | undefined;

  constructor(controlTexts: readonly string[]) {
    const texts = controlTexts.filter((text) => text.length > 1).sort((left, right) => right.length - left.length);
    if (texts.length > 0) this.#pattern = new RegExp(texts.map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'), 'g');
  }

  /** True where `text` holds the text of a control token. */
  finds(text: string): boolean {
    if (!this.#pattern) return false;
    this.#pattern.lastIndex = 0;
    return this.#pattern.test(text);
  }

  /** `text` with marks around every control token's text. */
  mark(text: string, mark: string): string {
    return this.#pattern ? text.replace(this.#pattern, (found) => mark + found + mark) : text;
  }
}

/** A mark that occurs in none of `texts`; undefined when they hold all of them, which no honest text does. */
export function chooseMark(texts: readonly string[]): string | undefined {
  for (let code = firstMark; code <= lastMark; code++) {
    const mark = String.fromCharCode(code);
    if (!texts.some((text) => text.includes(mark))) return mark;
  }
  return undefined;
}

/** A rendered prompt as pieces: every second one stood between marks. */
export function splitAtMarks(rendered: string, mark: string | undefined): PromptPiece[] {
  if (mark === undefined) return [{ text: rendered, literal: false }];
  return rendered
    .split(mark)
    .map((text, index) => ({ text, literal: index % 2 === 1 }))
    .filter(({ text }) => text !== '');
}
