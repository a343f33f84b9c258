import type { HandlerManifest, Match } from './manifest.js';
import type { ModelInfo } from './model-info.js';

/** Kinds of pattern, most specific first. */
export const matchKinds = ['modelIds', 'architectures', 'modelTypes', 'pipelineClasses', 'files', 'libraries', 'pipelineTags'] as const;
export type MatchKind = (typeof matchKinds)[number];

export interface MatchReason {
  kind: MatchKind;
  pattern: string;
  value: string; // of the model
}

/** How well a handler's manifest fits a model, and why. */
export interface MatchVerdict {
  taken: boolean;
  /** 7 for a model id down to 1 for a pipeline tag; 0 when nothing matched. */
  specificity: number;
  reasons: MatchReason[];
  /** Why a handler that matched does not take the model after all. */
  refusal?: string;
}

const factNames: Record<MatchKind, string> = {
  modelIds: 'model id',
  architectures: 'architecture',
  modelTypes: 'model type',
  pipelineClasses: 'pipeline class',
  files: 'file',
  libraries: 'library',
  pipelineTags: 'pipeline tag',
};

/** `architecture BertModel fits "BertModel"`: a reason in words. */
export function explainReason({ kind, pattern, value }: MatchReason): string {
  return `${factNames[kind]} ${value} fits "${pattern}"`;
}

const present = (value: string | undefined): string[] => (value === undefined ? [] : [value]);

/** The values of a model that each kind of pattern is compared with. */
function factsOf(model: ModelInfo): Record<MatchKind, string[]> {
  return {
    modelIds: [model.id],
    architectures: model.architectures,
    modelTypes: present(model.modelType),
    pipelineClasses: present(model.pipelineClass),
    files: model.files.map((file) => file.path),
    libraries: present(model.libraryName),
    pipelineTags: [...present(model.task), ...present(model.pipelineTag)],
  };
}

/** Compares one manifest with one model. Runs no code of the handler. */
export function matchManifest(manifest: HandlerManifest, model: ModelInfo): MatchVerdict {
  const facts = factsOf(model);
  const reasons = findReasons(manifest.match, facts);
  const best = reasons[0];
  if (!best) return { taken: false, specificity: 0, reasons };
  const specificity = matchKinds.length - matchKinds.indexOf(best.kind);
  const excluded = findReasons(manifest.exclude, facts)[0];
  if (excluded) return { taken: false, specificity, reasons, refusal: `it leaves out models whose ${explainReason(excluded)}` };
  if (manifest.formats.length > 0 && !model.formats.some((format) => manifest.formats.includes(format))) {
    const has = model.formats.length > 0 ? model.formats.join(', ') : 'no weights it knows';
    return { taken: false, specificity, reasons, refusal: `it reads ${manifest.formats.join(', ')}; this model has ${has}` };
  }
  return { taken: true, specificity, reasons };
}

/** The first hit of each kind, most specific kind first. */
function findReasons(match: Match, facts: Record<MatchKind, string[]>): MatchReason[] {
  return matchKinds.flatMap((kind) => {
    for (const pattern of match[kind]) {
      const value = facts[kind].find((fact) => matchesGlob(pattern, fact));
      if (value !== undefined) return [{ kind, pattern, value }];
    }
    return [];
  });
}

/** Whole-text match where `*` is any run of characters, letters compared without case. Linear in the text for each `*`. */
export function matchesGlob(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.toLowerCase().split('*');
  const value = text.toLowerCase();
  if (rest.length === 0) return value === first;
  if (!value.startsWith(first)) return false;
  const last = rest.pop()!;
  let position = first.length;
  for (const part of rest) {
    const at = value.indexOf(part, position);
    if (at < 0) return false;
    position = at + part.length;
  }
  return value.length - last.length >= position && value.endsWith(last);
}
