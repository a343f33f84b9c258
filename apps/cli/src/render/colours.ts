import { styleText } from 'node:util';

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

/** Gives text a colour or a weight; leaves it alone where there are no colours. */
export type Colours = Record<Style, (text: string) => string>;

const styles: Style[] = ['bold', 'dim', 'red', 'green', 'yellow'];

export function createColours(enabled: boolean): Colours {
  // Whether the stream can show colours was decided by the caller; newer Node would look at its own stdout instead.
  const paint = (style: Style) => (text: string) => (enabled ? (styleText as (...parameters: unknown[]) => string)(style, text, { validateStream: false }) : text);
  return Object.fromEntries(styles.map((style) => [style, paint(style)])) as Colours;
}
