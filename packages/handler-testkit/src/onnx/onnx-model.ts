import { field, float, integer } from './protobuf.js';

/** TensorProto.DataType. Field numbers here and below: https://github.com/onnx/onnx/blob/v1.19.0/onnx/onnx.proto */
export const onnxTypes = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10 } as const;
export type OnnxType = keyof typeof onnxTypes;

/** Keys and values of a tensor's external data, in their order in the file. */
export interface ExternalData {
  external: [key: string, value: string][];
}

/** The fields of a TensorProto with its bytes in the model, or in a file beside it. */
export function onnxTensor(name: string, shape: readonly number[], content: { raw: Uint8Array } | ExternalData, type: OnnxType = 'float32'): Buffer {
  const data =
    'raw' in content
      ? [field(9, content.raw)]
      : [...content.external.map(([key, value]) => field(13, field(1, key), field(2, value))), integer(14, 1)];
  return Buffer.concat([...shape.map((size) => integer(1, size)), integer(2, onnxTypes[type]), field(8, name), ...data]);
}

/** A weight of the graph. */
export function onnxInitializer(...tensor: Parameters<typeof onnxTensor>): Buffer {
  return field(5, onnxTensor(...tensor));
}

/** A number that is whole becomes an int attribute, another a float; lists are of ints. */
export type OnnxAttributes = Record<string, number | number[] | string>;

/** One operation. Attributes as values; or, to write what no exporter would, as AttributeProto bytes. */
export function onnxNode(operator: string, inputs: readonly string[], outputs: readonly string[], attributes: OnnxAttributes | readonly Buffer[] = {}): Buffer {
  const written = Array.isArray(attributes) ? (attributes as Buffer[]) : Object.entries(attributes as OnnxAttributes).map(([name, value]) => attribute(name, value));
  return field(
    1,
    ...inputs.map((name) => field(1, name)),
    ...outputs.map((name) => field(2, name)),
    field(4, operator),
    ...written.map((body) => field(5, body)),
  );
}

function attribute(name: string, value: number | number[] | string): Buffer {
  const [content, type] =
    typeof value === 'string'
      ? [field(4, value), 3]
      : Array.isArray(value)
        ? [Buffer.concat(value.map((item) => integer(8, item))), 7]
        : Number.isInteger(value)
          ? [integer(3, value), 2]
          : [float(2, value), 1];
  return Buffer.concat([field(1, name), content, integer(20, type)]);
}

/** What goes into the graph; a dimension is a size, or a name for one that is free. */
export function onnxInput(name: string, type: OnnxType, ...shape: (number | string)[]): Buffer {
  return field(11, valueInfo(name, type, shape));
}

/** What comes out of it. */
export function onnxOutput(name: string, type: OnnxType, ...shape: (number | string)[]): Buffer {
  return field(12, valueInfo(name, type, shape));
}

function valueInfo(name: string, type: OnnxType, shape: (number | string)[]): Buffer {
  const dimensions = shape.map((size) => field(1, typeof size === 'string' ? field(2, size) : integer(1, size)));
  return Buffer.concat([field(1, name), field(2, field(1, integer(1, onnxTypes[type]), field(2, ...dimensions)))]);
}

/** An .onnx file of nodes, initializers, inputs and outputs: IR version 8, operator set 13. */
export function onnxModel(...graph: Buffer[]): Buffer {
  return Buffer.concat([integer(1, 8), field(8, integer(2, 13)), field(7, field(2, 'tiny'), ...graph)]);
}

/** Numbers as the bytes of a float32 tensor. */
export function floatBytes(...values: number[]): Buffer {
  return Buffer.from(Float32Array.from(values).buffer);
}
