import type { Value } from './python-text.js';

/** Whether two values are equal in Python: numbers and booleans by value, everything else by type and content. */
export function isEqual(left: Value, right: Value): boolean {
  const numbers = ['IntegerValue', 'FloatValue', 'BooleanValue'];
  if (numbers.includes(left.type) && numbers.includes(right.type)) return Number(left.value) === Number(right.value);
  if (left.type !== right.type) return false;
  if (Array.isArray(left.value) && Array.isArray(right.value)) {
    const other = right.value as Value[];
    return left.value.length === other.length && (left.value as Value[]).every((item, index) => isEqual(item, other[index]!));
  }
  if (left.value instanceof Map && right.value instanceof Map) {
    const other = right.value as Map<string, Value>;
    return left.value.size === other.size && [...(left.value as Map<string, Value>)].every(([key, item]) => other.has(key) && isEqual(item, other.get(key)!));
  }
  return left.value === right.value;
}

/** The remainder has the sign of the divisor, as in Python. */
export function modulo(left: number, right: number): number {
  if (right === 0) throw new Error('integer modulo by zero');
  return ((left % right) + right) % right;
}

/** What MarkupSafe makes of text that is not markup. */
export function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll("'", '&#39;').replaceAll('"', '&#34;');
}
