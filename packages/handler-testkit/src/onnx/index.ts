export { colourGraph, lookupGraph, type LookupOptions } from './graphs.js';
export {
  floatBytes,
  onnxInitializer,
  onnxInput,
  onnxModel,
  onnxNode,
  onnxOutput,
  onnxTensor,
  onnxTypes,
  type ExternalData,
  type OnnxAttributes,
  type OnnxType,
} from './onnx-model.js';
export { field, float, integer, varint } from './protobuf.js';
