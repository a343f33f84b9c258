const maxNameLength = 120; // leaves room for a quantization below the 255 bytes of file systems

/** A folder's name for a model, good on every file system: `org--name`. */
export function folderName(id: string): string {
  return safeName(id.split('/').join('--'));
}

/** Letters, digits, `.`, `_` and `-` only; never hidden, never the name of a device. */
export function safeName(text: string): string {
  const plain = text
    .normalize('NFKD')
    .replace(/[^\w.-]+/g, '-')
    .replace(/^[.-]+|[.-]+$/g, '')
    .slice(0, maxNameLength)
    .replace(/[.-]+$/, '');
  const name = plain === '' ? 'model' : plain;
  return /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name) ? `_${name}` : name;
}
