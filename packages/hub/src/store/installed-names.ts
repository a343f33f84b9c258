/* The entry "@llmi/hub/installed-names": loads nothing else, for a list of installed models that is there at once. */
export { distinctNames, type NameParts } from './model-names.js';
export { lastUseFile } from './last-use.js';
