import type { VisionTaskName } from '../find-tasks.js';
import { classifyTask } from './classify.js';
import { detectTask } from './detect.js';
import { enlargeTask } from './enlarge.js';
import { depthTask } from './estimate-depth.js';
import { featuresTask } from './extract-features.js';
import { removeBackgroundTask } from './remove-background.js';
import { promptedMaskTask } from './prompted-masks.js';
import { segmentTask } from './segment.js';
import type { TaskContext, VisionTask } from './vision-task.js';
import { openVocabularyTask } from './open-vocabulary.js';
import { zeroShotTask } from './zero-shot.js';

type Factory = (context: TaskContext) => VisionTask | Promise<VisionTask>;

/** How each task reads what the graph gives. */
export const taskFactories: Record<VisionTaskName, Factory> = {
  'image-classification': classifyTask,
  'object-detection': detectTask,
  'image-segmentation': segmentTask,
  'mask-generation': promptedMaskTask,
  'depth-estimation': depthTask,
  'zero-shot-image-classification': zeroShotTask,
  'zero-shot-object-detection': openVocabularyTask,
  'background-removal': removeBackgroundTask,
  'image-feature-extraction': featuresTask,
  'image-to-image': enlargeTask,
};
