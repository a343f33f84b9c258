import { modelInfoSchema, type ModelInfoInput } from '@llmi/core';
import { describe, expect, it } from 'vitest';
import { taskOfGraph, tasksOf } from './find-tasks.js';

const mainTask = (facts: Partial<ModelInfoInput>) => tasksOf(modelInfoSchema.parse({ id: 'org/model', source: 'hub', files: [], ...facts }))?.[0];
const value = (name: string, ...shape: (number | string)[]) => ({ name, dtype: 'float32' as const, shape });

describe('tasksOf', () => {
  it.each([
    [{ architectures: ['ViTForImageClassification'] }, 'image-classification'],
    [{ architectures: ['Mask2FormerForUniversalSegmentation'] }, 'image-segmentation'],
    [{ architectures: ['DPTForDepthEstimation'] }, 'depth-estimation'],
    [{ architectures: ['Swin2SRForImageSuperResolution'] }, 'image-to-image'],
    [{ architectures: ['SiglipModel'] }, 'zero-shot-image-classification'],
    [{ architectures: ['CLIPVisionModelWithProjection'] }, 'image-feature-extraction'],
    [{ architectures: ['Dinov2Model'] }, 'image-feature-extraction'],
    [{ id: 'onnx-community/BiRefNet-ONNX', pipelineTag: 'image-segmentation' }, 'background-removal'],
    [{ id: 'briaai/RMBG-1.4', architectures: ['BriaRMBG'] }, 'background-removal'],
    [{ id: 'briaai/RMBG-1.4', architectures: ['SegformerForSemanticSegmentation'], modelType: 'SegformerForSemanticSegmentation' }, 'background-removal'],
    [{ modelType: 'yolos' }, 'object-detection'],
    [{ id: 'local/yolox-nano' }, 'object-detection'],
    [{ id: 'local/super-resolution' }, 'image-to-image'],
    [{ id: 'local/anything' }, undefined],
  ] as [Partial<ModelInfoInput>, string | undefined][])('%j is for %s', (facts, task) => expect(mainTask(facts)).toBe(task));

  it('tells a graph by its shapes where nothing else speaks', () => {
    const picture = [value('input', 1, 3, 224, 224)];
    expect(taskOfGraph(picture, [value('output', 1, 1000)])).toBe('image-classification');
    expect(taskOfGraph(picture, [value('output', 1, 3549, 85)])).toBe('object-detection');
    expect(taskOfGraph(picture, [value('output', 1, 3, 448, 448)])).toBe('image-to-image');
    expect(taskOfGraph(picture, [value('output', 1, 1, 224, 224)])).toBe('background-removal');
    expect(taskOfGraph(picture, [value('logits', 1, 21, 56, 56)])).toBe('image-segmentation');
    expect(taskOfGraph(picture, [value('last_hidden_state', 1, 197, 768)])).toBe('image-feature-extraction');
  });
});
