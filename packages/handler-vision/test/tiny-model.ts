import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Writes protobuf by hand: enough of it for one small ONNX graph. Source: https://github.com/onnx/onnx/blob/v1.19.0/onnx/onnx.proto */
function varint(value: number): Buffer {
  return value < 128 ? Buffer.of(value) : Buffer.concat([Buffer.of((value % 128) | 128), varint(Math.floor(value / 128))]);
}

function field(number: number, ...content: (string | Buffer)[]): Buffer {
  const body = Buffer.concat(content.map((part) => Buffer.from(part as string)));
  return Buffer.concat([varint(number * 8 + 2), varint(body.length), body]);
}

const integer = (number: number, value: number) => Buffer.concat([varint(number * 8), varint(value)]);
const node = (operator: string, input: string, output: string) => field(1, field(1, input), field(2, output), field(4, operator));
const float32 = 1;

/** Input (11) or output (12) of a graph; a dimension is a size or a name. */
function value(number: 11 | 12, name: string, ...shape: (number | string)[]): Buffer {
  const dims = shape.map((size) => field(1, typeof size === 'string' ? field(2, size) : integer(1, size)));
  return field(number, field(1, name), field(2, field(1, integer(1, float32), field(2, ...dims))));
}

/** Logits are the means of the three channels: pictures are told apart by their colour. */
export function colourModel({ batch = 'batch' as number | string, side = 'side' as number | string } = {}): Buffer {
  const graph = [
    node('GlobalAveragePool', 'pixel_values', 'means'),
    node('Flatten', 'means', 'logits'),
    field(2, 'tiny'),
    value(11, 'pixel_values', batch, 3, side, side),
    value(12, 'logits', batch, 3),
  ];
  return Buffer.concat([integer(1, 8), field(8, integer(2, 13)), field(7, ...graph)]);
}

/** Numbers from 0 to 20, so that the scores are clear. */
const preprocessor = { image_processor_type: 'ViTImageProcessor', do_normalize: false, rescale_factor: 20 / 255, resample: 2, size: { height: 8, width: 8 } };
const config = { model_type: 'vit', architectures: ['ViTForImageClassification'], id2label: { 0: 'red', 1: 'green', 2: 'blue' }, hidden_size: 4, patch_size: 4, intermediate_size: 8, num_attention_heads: 1, image_size: 8 };

/** The files of a small repository. */
export function tinyFiles(): Record<string, string | Buffer> {
  return { 'config.json': JSON.stringify(config), 'preprocessor_config.json': JSON.stringify(preprocessor), 'onnx/model.onnx': colourModel() };
}

/** A folder with these files, in the system's place for temporary ones. */
export function writeFiles(files: Record<string, string | Buffer>): string {
  const folder = mkdtempSync(join(tmpdir(), 'llmi-vision-'));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}
