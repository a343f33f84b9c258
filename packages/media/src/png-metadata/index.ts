export { readPngMetadata, writePngMetadata } from './png-metadata.js';
