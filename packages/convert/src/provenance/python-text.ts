/** Parts of Python's string methods that the reference converter names models with. */

/** `str.title`: each run of letters starts with a capital and goes on in small letters. */
export function title(text: string): string {
  return text.replace(/\p{L}+/gu, (word) => word[0]!.toUpperCase() + word.slice(1).toLowerCase());
}

/** `str.islower`: some letter has a case, and none is a capital. */
export function isLower(text: string): boolean {
  return /\p{Ll}/u.test(text) && !/[\p{Lu}\p{Lt}]/u.test(text);
}

/** `str.splitlines`, which knows more line ends than most. */
export function splitLines(text: string): string[] {
  // eslint-disable-next-line no-control-regex -- the separators of files, groups and records are among them
  const lines = text.split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** `format(value, '.Nf')`: halves go to the even digit, where toFixed goes up. */
export function toFixedEven(value: number, digits: number): string {
  const scaled = value * 10 ** digits;
  const isTie = Math.abs(scaled % 1) === 0.5 && Number.isInteger(value * 2 ** (digits + 1)); // only such a fraction lies exactly between
  if (!isTie) return value.toFixed(digits);
  const even = Math.floor(scaled) % 2 === 0 ? Math.floor(scaled) : Math.ceil(scaled);
  return (even / 10 ** digits).toFixed(digits);
}
