import { jsonFile, type ModelInfo } from '@llmi/core';
import type { OnnxValueInfo } from '@llmi/runtime-onnx';

/** What this handler does, spelled like pipeline tags. */
export const visionTasks = [
  'image-classification',
  'object-detection',
  'image-segmentation',
  'mask-generation',
  'depth-estimation',
  'zero-shot-image-classification',
  'zero-shot-object-detection',
  'background-removal',
  'image-feature-extraction',
  'image-to-image',
] as const;
export type VisionTaskName = (typeof visionTasks)[number];

const byArchitecture: [RegExp, VisionTaskName][] = [
  [/BiRefNet|BriaRMBG|ISNet|MODNet|U2Net/i, 'background-removal'],
  [/ForImageClassification(WithTeacher)?$/, 'image-classification'],
  [/^(OwlViT|Owlv2|GroundingDino|MMGroundingDino)ForObjectDetection$/i, 'zero-shot-object-detection'],
  [/ForObjectDetection$/, 'object-detection'],
  [/For(Semantic|Instance|Universal|Image)?Segmentation$/, 'image-segmentation'],
  [/^(Sam|SlimSam|Sam2|Sam2Video|EdgeTam|EdgeTamVideo|Sam3Tracker|Sam3TrackerVideo)Model$/i, 'mask-generation'],
  [/ForDepthEstimation$/, 'depth-estimation'],
  [/ForImageSuperResolution$/, 'image-to-image'],
  [/^(CLIP|Siglip|ChineseCLIP|AltCLIP)Model$/i, 'zero-shot-image-classification'],
  [/Model$|VisionModelWithProjection$/, 'image-feature-extraction'],
];

/** For repositories whose config.json names no architecture, as conversions often do; the same words in an id. */
const byType: [RegExp, VisionTaskName][] = [
  [/^(clip|siglip|siglip2|chinese_clip|altclip)$/, 'zero-shot-image-classification'],
  [/^owl-?v(it|2)|grounding-?dino/, 'zero-shot-object-detection'],
  [/detr|^yolo|d_fine|table-transformer/, 'object-detection'],
  [/segformer|maskformer|mask2former|oneformer|upernet/, 'image-segmentation'],
  [/^((slim-?)?sam($|-vit)|sam[23](\.\d)?($|[-_])|edge-?tam)/, 'mask-generation'],
  [/depth|^dpt$|glpn/, 'depth-estimation'],
  [/swin2sr|esrgan|super.?resolution/, 'image-to-image'],
  [/birefnet|rmbg|isnet|modnet|u2net/, 'background-removal'],
];

/** Words of the hub for what is called otherwise here. */
const backgroundRemoval = /birefnet|rmbg|modnet|isnet|u2net|ben2|background.?removal/i;

/**
 * The tasks of a model, its own first: from its architecture, its type, what the hub says, and its name. Undefined where only the
 * graph can tell.
 */
export function tasksOf(model: ModelInfo): VisionTaskName[] | undefined {
  const task = mainTask(model);
  if (task === undefined) return undefined;
  return task === 'zero-shot-image-classification' ? [task, 'image-feature-extraction'] : [task];
}

function mainTask(model: ModelInfo): VisionTaskName | undefined {
  const find = (rules: [RegExp, VisionTaskName][], text: string) => rules.find(([pattern]) => pattern.test(text))?.[1];
  for (const architecture of model.architectures) {
    const found = find(byArchitecture, architecture);
    if (found === 'image-segmentation' && backgroundRemoval.test(model.id)) return 'background-removal';
    if (found) return found;
  }
  for (const tag of [model.task, model.pipelineTag]) {
    if (tag === 'image-segmentation' && (backgroundRemoval.test(model.id) || backgroundRemoval.test(model.modelType ?? ''))) return 'background-removal';
    if (visionTasks.includes(tag as VisionTaskName)) return tag as VisionTaskName;
  }
  return find(byType, model.modelType ?? '') ?? find(byType, nameOf(model)) ?? (jsonFile(model, 'config.json')?.id2label ? 'image-classification' : undefined);
}

/** The name of the repository and of its graphs, in small letters. */
function nameOf({ id, files }: ModelInfo): string {
  const graphs = files.filter(({ path }) => path.endsWith('.onnx')).map(({ path }) => path);
  return [id.split('/').at(-1)!, ...graphs].join(' ').toLowerCase();
}

/** The task of a graph that comes without a word about itself, by the shapes it takes and gives. */
export function taskOfGraph(inputs: readonly OnnxValueInfo[], outputs: readonly OnnxValueInfo[]): VisionTaskName {
  const names = outputs.map(({ name }) => name);
  if (names.includes('logits_per_image')) return 'zero-shot-image-classification';
  if (names.includes('pred_boxes')) return 'object-detection';
  if (names.includes('predicted_depth')) return 'depth-estimation';
  if (names.includes('last_hidden_state')) return 'image-feature-extraction';
  const [input] = inputs.filter(({ shape }) => shape.length === 4);
  const shape = outputs[0]?.shape ?? [];
  if (shape.length === 3) return 'object-detection';
  if (shape.length !== 4) return 'image-classification';
  if (shape[1] === input?.shape[1]) return 'image-to-image';
  return shape[1] === 1 ? 'background-removal' : 'image-segmentation';
}
