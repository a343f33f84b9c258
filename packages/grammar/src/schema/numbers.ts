import { either, literal } from '../gbnf/grammar-builder.js';

/** A bound of a range: undefined is none. */
export interface Bounds {
  least?: number;
  most?: number;
  /** The bound itself is left out. */
  aboveLeast?: boolean;
  belowMost?: boolean;
}

/** Digits of a whole number that a double holds exactly, and digits after the point that stay clear of rounding to a bound. */
const mostDigits = 15;
const mostFraction = 9;

/** Whole numbers between two bounds, both included. Undefined when there are none. */
export function integerRange(least: number | undefined, most: number | undefined): string | undefined {
  const parts: string[] = [];
  if (least === undefined || least < 0) {
    const magnitudes = naturalRange(most === undefined || most >= 0 ? 1 : -most, least === undefined ? undefined : -least);
    if (magnitudes !== undefined) parts.push(`"-" ${magnitudes}`);
  }
  if (most === undefined || most >= 0) {
    const magnitudes = naturalRange(Math.max(0, least ?? 0), most);
    if (magnitudes !== undefined) parts.push(magnitudes);
  }
  return parts.length === 0 ? undefined : either(parts);
}

/** Digits of whole numbers from `least`, which is not negative, to `most`. */
function naturalRange(least: number, most: number | undefined): string | undefined {
  if (most !== undefined && most < least) return undefined;
  const parts: string[] = [];
  const first = String(least);
  const last = most === undefined ? undefined : String(most);
  const lengths = last?.length ?? Math.max(first.length, mostDigits);
  for (let length = first.length; length <= lengths; length++) {
    const from = length === first.length ? first : `1${'0'.repeat(length - 1)}`;
    if (last === undefined && length > first.length) {
      parts.push(`[1-9] [0-9]{${length - 1},${lengths - 1}}`);
      break;
    }
    parts.push(digitRange(from, last !== undefined && length === last.length ? last : '9'.repeat(length)));
  }
  return either(parts);
}

/** Digit strings of one length, from `from` to `to`. */
function digitRange(from: string, to: string): string {
  if (from === to) return literal(from);
  const [low, high] = [from[0]!, to[0]!];
  const rest = from.length - 1;
  const any = rest === 0 ? '' : ` [0-9]{${rest},${rest}}`;
  if (rest === 0) return `[${low}-${high}]`;
  if (low === high) return `${literal(low)} ${digitRange(from.slice(1), to.slice(1))}`;
  const parts: string[] = [];
  const [opens, closes] = [/^0*$/.test(from.slice(1)), /^9*$/.test(to.slice(1))];
  const [start, end] = [Number(low) + (opens ? 0 : 1), Number(high) - (closes ? 0 : 1)];
  if (!opens) parts.push(`${literal(low)} ${digitRange(from.slice(1), '9'.repeat(rest))}`);
  if (start <= end) parts.push(`[${start}-${end}]${any}`);
  if (!closes) parts.push(`${literal(high)} ${digitRange('0'.repeat(rest), to.slice(1))}`);
  return either(parts);
}

/** Numbers between bounds, in decimal notation without an exponent. Undefined when there are none. */
export function numberRange({ least, most, aboveLeast = false, belowMost = false }: Bounds): string | undefined {
  const parts: string[] = [];
  if (least === undefined || least < 0) {
    const bounds = { least: most === undefined || most > 0 ? 0 : -most, most: least === undefined ? undefined : -least, aboveLeast: most !== undefined && most <= 0 && belowMost, belowMost: aboveLeast };
    const magnitudes = positiveRange(bounds);
    if (magnitudes !== undefined) parts.push(`"-" ${magnitudes}`);
  }
  if (most === undefined || most >= 0) {
    const magnitudes = positiveRange({ least: Math.max(0, least ?? 0), most, aboveLeast: least !== undefined && least >= 0 && aboveLeast, belowMost });
    if (magnitudes !== undefined) parts.push(magnitudes);
  }
  return parts.length === 0 ? undefined : either(parts);
}

const anyFraction = `( "." [0-9]{1,${mostFraction}} )?`;

function positiveRange({ least, most, aboveLeast, belowMost }: Bounds & { least: number }): string | undefined {
  if (most !== undefined && (most < least || (most === least && (aboveLeast || belowMost)))) return undefined;
  const [lowWhole, lowDigits] = decimal(least);
  if (most === undefined) {
    return either([`${literal(lowWhole)} ${atLeast(lowDigits, aboveLeast)}`, `${naturalRange(Number(lowWhole) + 1, undefined)!} ${anyFraction}`]);
  }
  const [highWhole, highDigits] = decimal(most);
  if (lowWhole === highWhole) return `${literal(lowWhole)} ${betweenFractions(lowDigits, highDigits, aboveLeast, belowMost)}`;
  const between = naturalRange(Number(lowWhole) + 1, Number(highWhole) - 1);
  const top = atMost(highDigits, belowMost);
  return either([
    `${literal(lowWhole)} ${atLeast(lowDigits, aboveLeast)}`,
    ...(between === undefined ? [] : [`${between} ${anyFraction}`]),
    ...(top === undefined ? [] : [`${literal(highWhole)} ${top}`]),
  ]);
}

/** The digits before and after the point. */
function decimal(value: number): [whole: string, fraction: string] {
  const text = String(value);
  const [whole = '0', fraction = ''] = (text.includes('e') ? value.toFixed(mostDigits) : text).split('.');
  return [whole, fraction.replace(/0+$/, '')];
}

/** Fractions that are not below `digits`. */
function atLeast(digits: string, above = false): string {
  if (digits === '' && !above) return anyFraction;
  const exact = above ? `${literal(digits)} "0"{0,${mostFraction}} [1-9] [0-9]{0,${mostFraction}}` : `${literal(digits)} [0-9]{0,${mostFraction}}`;
  return `"." ${either([...larger(digits), exact])}`;
}

/** Fractions that are not above `digits`; undefined when there are none. */
function atMost(digits: string, below = false): string | undefined {
  if (digits === '') return below ? undefined : `( "." "0"{1,${mostFraction}} )?`;
  return `( "." ${either([...smaller(digits), ...(below ? [] : [`${literal(digits)} "0"{0,${mostFraction}}`])])} )?`;
}

/** Fractions between two, which differ unless both bounds are included. */
function betweenFractions(low: string, high: string, aboveLow = false, belowHigh = false): string {
  const length = Math.max(low.length, high.length);
  const [from, to] = [low.padEnd(length, '0'), high.padEnd(length, '0')];
  if (from === to) return length === 0 ? `( "." "0"{1,${mostFraction}} )?` : `"." ${literal(from)} "0"{0,${mostFraction}}`;
  let shared = 0;
  while (from[shared] === to[shared]) shared++;
  const prefix = shared === 0 ? '' : `${literal(from.slice(0, shared))} `;
  const [lowDigit, highDigit] = [Number(from[shared]), Number(to[shared])];
  const parts = [...larger(from.slice(shared + 1)).map((rest) => `"${lowDigit}" ${rest}`)];
  const rest = literal(from.slice(shared + 1));
  parts.push(aboveLow ? `"${lowDigit}" ${rest} "0"{0,${mostFraction}} [1-9] [0-9]{0,${mostFraction}}` : `"${lowDigit}" ${rest} [0-9]{0,${mostFraction}}`);
  if (highDigit - lowDigit > 1) parts.push(`[${lowDigit + 1}-${highDigit - 1}] [0-9]{0,${mostFraction}}`);
  const under = smaller(to.slice(shared + 1)).map((end) => `"${highDigit}" ${end}`);
  parts.push(...under, ...(belowHigh ? [] : [`"${highDigit}" ${literal(to.slice(shared + 1))} "0"{0,${mostFraction}}`]));
  const whole = from.split('').every((digit) => digit === '0') && !aboveLow ? '?' : '';
  return `( "." ${prefix}${either(parts)} )${whole}`;
}

/** Digits that part from `digits` upwards. */
function larger(digits: string): string[] {
  return [...digits].flatMap((digit, index) => (digit === '9' ? [] : [`${literal(digits.slice(0, index))} [${Number(digit) + 1}-9] [0-9]{0,${mostFraction}}`]));
}

/** Digits that part from `digits` downwards. */
function smaller(digits: string): string[] {
  return [...digits].flatMap((digit, index) => (digit === '0' ? [] : [`${literal(digits.slice(0, index))} [0-${Number(digit) - 1}] [0-9]{0,${mostFraction}}`]));
}
