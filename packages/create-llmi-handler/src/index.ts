export type { Choices, Runtime } from './choices.js';
export { createPackage, CreateError } from './create-package.js';
export { runCreate, type Surroundings } from './run-create.js';
