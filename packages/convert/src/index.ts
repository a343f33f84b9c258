export { canConvert, type Convertible } from './can-convert.js';
export { convertAdapter, type ConvertAdapterOptions } from './convert-adapter.js';
export { convert, type ConvertOptions, type ConvertResult } from './convert.js';
export { convertibleArchitectures } from './families/registry.js';
export type { FileType, OutputType } from './output-type.js';
export type { WriteProgress as ConvertProgress } from './write/write-tensors.js';
