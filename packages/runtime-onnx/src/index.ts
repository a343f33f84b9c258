export { checkOnnxFile, type ExternalDataFile } from './external-data.js';
export { floatToHalf } from './half-precision.js';
export { folderOfModel, readModelFolder, type FolderLayout } from './model-folder.js';
export { readOnnxMetadata } from './onnx-metadata.js';
export { OnnxSession, type OnnxLoadOptions, type OnnxRunOptions } from './onnx-session.js';
export { toFloat32, type OnnxData, type OnnxDtype, type OnnxTensor, type OnnxValueInfo } from './onnx-tensor.js';
export { ProtobufError, ProtobufFile, type ProtobufField } from './protobuf-file.js';
export { validateOnnxFiles } from './validate-onnx-files.js';
export { onnxSystemDependencies } from './system-dependencies.js';
