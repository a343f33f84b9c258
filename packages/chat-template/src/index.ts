export { acceptsSystem } from './accepts-system.js';
export { findTemplate } from './find-template.js';
export { chooseMark, SpecialsGuard, splitAtMarks, type PromptPiece } from './guard-specials.js';
export { TemplateRenderer, type RendererOptions } from './template-renderer.js';
