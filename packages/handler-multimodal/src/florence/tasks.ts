import { LlmiError, type GenerateRequest } from '@llmi/core';

/** How the answer of a task is read. */
export type AnswerKind = 'text' | 'boxes' | 'phrases' | 'quads' | 'polygons' | 'boxes or polygons' | 'boxes alone';

export interface FlorenceTask {
  about: string;
  /** What the model is asked; {input} is the text of the request, without which the task makes no sense. */
  prompt: string;
  kind: AnswerKind;
}

/** Modes of Florence-2, the task tokens of its authors in small letters: `<OD>` is `od`. Source: `Florence2Processor` of transformers 4.57 */
export const florenceTasks: Readonly<Record<string, FlorenceTask>> = {
  caption: { about: 'One sentence about the picture.', prompt: 'What does the image describe?', kind: 'text' },
  detailed_caption: { about: 'What is shown, in detail.', prompt: 'Describe in detail what is shown in the image.', kind: 'text' },
  more_detailed_caption: { about: 'A paragraph about what is shown.', prompt: 'Describe with a paragraph what is shown in the image.', kind: 'text' },
  od: { about: 'Objects with their boxes.', prompt: 'Locate the objects with category name in the image.', kind: 'boxes' },
  dense_region_caption: { about: 'Objects with their boxes, each described.', prompt: 'Locate the objects in the image, with their descriptions.', kind: 'boxes' },
  region_proposal: { about: 'Boxes of whatever is there.', prompt: 'Locate the region proposals in the image.', kind: 'boxes alone' },
  ocr: { about: 'The text in the picture.', prompt: 'What is the text in the image?', kind: 'text' },
  ocr_with_region: { about: 'The text in the picture, each line with the four corners around it.', prompt: 'What is the text in the image, with regions?', kind: 'quads' },
  caption_to_phrase_grounding: { about: 'Boxes of what the phrases of the prompt name.', prompt: 'Locate the phrases in the caption: {input}', kind: 'phrases' },
  referring_expression_segmentation: { about: 'The outline of what the prompt names.', prompt: 'Locate {input} in the image with mask', kind: 'polygons' },
  region_to_segmentation: { about: 'The outline of what is in a box.', prompt: 'What is the polygon mask of region {input}', kind: 'polygons' },
  open_vocabulary_detection: { about: 'Boxes or outlines of what the prompt names.', prompt: 'Locate {input} in the image.', kind: 'boxes or polygons' },
  region_to_category: { about: 'What is in a box, in a word.', prompt: 'What is the region {input}?', kind: 'text' },
  region_to_description: { about: 'What is in a box, described.', prompt: 'What does the region {input} describe?', kind: 'text' },
  region_to_ocr: { about: 'The text in a box.', prompt: 'What text is in the region {input}?', kind: 'text' },
};

export const florenceModes: Record<string, string> = {
  auto: 'Does the task whose token the prompt begins with (<OD>), answers it as it is, or describes the picture where there is none.',
  ...Object.fromEntries(Object.entries(florenceTasks).map(([mode, { about }]) => [mode, about])),
};

/** What to ask, and how the answer is read. `places`: a box in the words of the model. */
export interface Asked {
  prompt: string;
  kind: AnswerKind;
}

/** @throws {LlmiError} INPUT_INVALID where a task wants words and there are none, or takes none */
export function askFlorence({ mode = 'auto', prompt = '' }: GenerateRequest, places: string | undefined): Asked {
  const [, token, rest = ''] = /^\s*<([A-Z_]+)>(.*)$/s.exec(prompt) ?? [];
  const named = token === undefined ? undefined : florenceTasks[token.toLowerCase()];
  const task = mode === 'auto' ? named ?? (prompt.trim() === '' ? florenceTasks.caption : undefined) : florenceTasks[mode];
  if (!task) return { prompt, kind: 'text' };
  const given = (places ?? (named && mode === 'auto' ? rest : prompt)).trim();
  const takesInput = task.prompt.includes('{input}');
  if (takesInput && given === '') throw new LlmiError('INPUT_INVALID', { message: 'This task needs to know what to look for.', hint: 'Give it as "prompt", or a box as "boxes": [[xmin, ymin, xmax, ymax]].', param: 'prompt' });
  if (!takesInput && given !== '') throw new LlmiError('INPUT_INVALID', { message: 'This task takes no prompt.', hint: 'Leave "prompt" out, or choose another mode.', param: places === undefined ? 'prompt' : 'boxes' });
  return { prompt: task.prompt.replace('{input}', () => given), kind: task.kind };
}
