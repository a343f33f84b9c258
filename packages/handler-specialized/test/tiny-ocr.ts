import { field, floatBytes, onnxInitializer, onnxInput, onnxModel, onnxNode, onnxOutput } from '@llmi/handler-testkit/onnx';
import { blankImage, encodeImage } from '@llmi/media';

/** Text is what is dark in any colour, widened by seven pixels. */
export const detector = onnxModel(
  onnxNode('Conv', ['x', 'weights', 'bias'], ['dark']),
  onnxNode('MaxPool', ['dark'], ['wide'], { kernel_shape: [15, 15], pads: [7, 7, 7, 7] }),
  onnxNode('Sigmoid', ['wide'], ['map']),
  onnxInitializer('weights', [1, 3, 1, 1], { raw: floatBytes(-10, 0, 0) }),
  onnxInitializer('bias', [1], { raw: floatBytes(0) }),
  onnxInput('x', 'float32', 'n', 3, 'h', 'w'),
  onnxOutput('map', 'float32', 'n', 1, 'h', 'w'),
);

/** A column that is black is an "A", one that is red a "B", any other none. `characters` go into the metadata, as RapidOCR has them. */
export function recognizer(characters?: string): Buffer {
  const graph = onnxModel(
    onnxNode('ReduceMean', ['x'], ['columns'], { axes: [2], keepdims: 0 }),
    onnxNode('Transpose', ['columns'], ['rows'], { perm: [0, 2, 1] }),
    onnxNode('MatMul', ['rows', 'weights'], ['products']),
    onnxNode('Add', ['products', 'bias'], ['scores']),
    onnxNode('Softmax', ['scores'], ['likely'], { axis: 2 }),
    onnxInitializer('weights', [3, 4], { raw: floatBytes(0, 0, -10, 0, 0, 0, 0, 0, 0, -20, 10, 0) }), // blue, green, red
    onnxInitializer('bias', [4], { raw: floatBytes(0, -3, -6, -20) }),
    onnxInput('x', 'float32', 'n', 3, 48, 'w'),
    onnxOutput('likely', 'float32', 'n', 't', 4),
  );
  return characters === undefined ? graph : Buffer.concat([graph, field(14, field(1, 'character'), field(2, characters))]);
}

/** Of the detector: little room around a line. */
export const settings = 'PreProcess:\n  transform_ops:\n    - DetResizeForTest: { limit_side_len: 960, limit_type: max }\n    - NormalizeImage: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] }\nPostProcess: { thresh: 0.3, box_thresh: 0.6, unclip_ratio: 0.2 }\n';

/** A white page with bars of 40 pixels: each a letter of a line. */
export async function page(...bars: [x: number, y: number, colour: 'black' | 'red'][]): Promise<string> {
  const picture = blankImage(480, 320, 3);
  picture.data.fill(255);
  for (const [left, top, colour] of bars) {
    for (let y = top; y < top + 40; y++) for (let x = left; x < left + 8; x++) picture.data.set(colour === 'red' ? [255, 0, 0] : [0, 0, 0], (y * 480 + x) * 3);
  }
  return Buffer.from(await encodeImage(picture)).toString('base64');
}
