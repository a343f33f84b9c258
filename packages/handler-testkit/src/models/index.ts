export { writeModel, type ModelFiles, type ModelFolder, type TinyModel } from './model-folder.js';
export { checkpointTensors, tinyCheckpoint, tinyEmbeddingModel, tinyImageClassifier, tinyTextModel } from './tiny-models.js';
