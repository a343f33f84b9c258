/** Protobuf written by hand: enough of it for ONNX. Source: https://protobuf.dev/programming-guides/encoding/ */
export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low | 128 : low);
  } while (rest > 0);
  return Buffer.from(bytes);
}

/** A field with text, bytes or messages in it. */
export function field(number: number, ...content: (string | Uint8Array)[]): Buffer {
  const body = Buffer.concat(content.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  return Buffer.concat([varint(number * 8 + 2), varint(body.length), body]);
}

/** A field with a whole number from 0 on. */
export function integer(number: number, value: number): Buffer {
  return Buffer.concat([varint(number * 8), varint(value)]);
}

/** A field with a float32. */
export function float(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([varint(number * 8 + 5), bytes]);
}
