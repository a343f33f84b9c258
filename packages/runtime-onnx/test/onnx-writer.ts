/** Writes protobuf by hand: enough of it to make small ONNX models. Source: https://github.com/onnx/onnx/blob/v1.19.0/onnx/onnx.proto */

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

/** A field with text, bytes or a message in it. */
export function field(number: number, ...content: (string | Buffer)[]): Buffer {
  const body = Buffer.concat(content.map((part) => Buffer.from(part as string)));
  return Buffer.concat([varint(number * 8 + 2), varint(body.length), body]);
}

export function integer(number: number, value: number): Buffer {
  return Buffer.concat([varint(number * 8), varint(value)]);
}

export const int64 = 7;
export const float32 = 1;
export const float16 = 10;

/** Keys and values of a tensor's external data, in their order in the file. */
export interface ExternalEntries {
  external: [key: string, value: string][];
}

/** TensorProto with its data in the file, or in another one. */
export function tensor(name: string, dims: number[], content: { raw: Buffer } | ExternalEntries): Buffer[] {
  const data =
    'raw' in content
      ? [field(9, content.raw)]
      : [...content.external.map(([key, value]) => field(13, field(1, key), field(2, value))), integer(14, 1)];
  return [...dims.map((size) => integer(1, size)), integer(2, float32), field(8, name), ...data];
}

export function node(operator: string, inputs: string[], outputs: string[], ...attributes: Buffer[]): Buffer {
  return field(1, ...inputs.map((name) => field(1, name)), ...outputs.map((name) => field(2, name)), field(4, operator), ...attributes.map((body) => field(5, body)));
}

/** Input (11) or output (12) of a graph; a dimension is a size or a name. */
export function value(number: 11 | 12, name: string, type: number, ...shape: (number | string)[]): Buffer {
  const dims = shape.map((size) => field(1, typeof size === 'string' ? field(2, size) : integer(1, size)));
  return field(number, field(1, name), field(2, field(1, integer(1, type), field(2, ...dims))));
}

export function model(...graph: Buffer[]): Buffer {
  return Buffer.concat([integer(1, 8), field(8, integer(2, 13)), field(7, field(2, 'tiny'), ...graph)]);
}

export function floats(...values: number[]): Buffer {
  return Buffer.from(Float32Array.from(values).buffer);
}

/** Looks up rows of `table` [4, 2]: input_ids [batch, tokens] to last_hidden_state [batch, tokens, 2]. */
export function lookupModel(table: { raw: Buffer } | ExternalEntries): Buffer {
  return model(
    node('Gather', ['table', 'input_ids'], ['last_hidden_state']),
    field(5, ...tensor('table', [4, 2], table)),
    value(11, 'input_ids', int64, 'batch', 'tokens'),
    value(12, 'last_hidden_state', float32, 'batch', 'tokens', 2),
  );
}
