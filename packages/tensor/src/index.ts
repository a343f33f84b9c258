export { TorchGenerator } from './torch-generator.js';
