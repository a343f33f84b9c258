/** Base64 of bytes; text is taken to be base64 already. Works in browsers, which have no Buffer. */
export function toBase64(data: Uint8Array | string): string {
  if (typeof data === 'string') return data;
  const pieceBytes = 0x8000; // arguments that one call can take
  let text = '';
  for (let at = 0; at < data.length; at += pieceBytes) text += String.fromCharCode(...data.subarray(at, at + pieceBytes));
  return btoa(text);
}
