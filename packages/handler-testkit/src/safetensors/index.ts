export { safetensorsFile, type SafetensorsTensor, type SafetensorsType } from './safetensors-file.js';
