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

  /** True where any text inside `value` holds the text of a control token. */
  findsIn(value: unknown): boolean {
    return texts(value).some((text) => this.finds(text));
  }

  /** `value` with marks around every control token's text, wherever it stands inside. */
  markAll<Value>(value: Value, mark: string): Value {
    return mapTexts(value, (text) => this.mark(text, mark)) as Value;
  }

  /** `text` with marks around every control token's text. */
  mark(text: string, mark: string): string {
    return this.#pattern ? text.replace(this.#pattern, (found) => mark + found + mark) : text;
  }
}

/** Every text inside a value. */
function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
}

function mapTexts(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, map));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, key === 'role' ? item : mapTexts(item, map)]));
}

/** A mark that occurs in no text of `value`; undefined when it holds all of them, which no honest text does. */
export function chooseMark(value: unknown): string | undefined {
  const all = texts(value);
  for (let code = firstMark; code <= lastMark; code++) {
    const mark = String.fromCharCode(code);
    if (!all.some((text) => text.includes(mark))) return mark;
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
