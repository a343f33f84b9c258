import { writePlanes, type PixelImage } from '@llmi/media';
import { toFloat32, type OnnxSession } from '@llmi/runtime-onnx';
import { floatTensor } from '@llmi/runtime-transformers';
import { turnOver } from './crop-line.js';
import { resizeLinear } from './resize-linear.js';

/** Lines that go through a graph together; those of like width, so that little of the batch is empty. */
const batchSize = 6;
const normalization = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], bgr: true } as const;
/** Size that the classifier of PP-OCR sees a line in, and how sure it has to be that one is upside down. */
const orientationSize = { width: 192, height: 48 };
const sureOfTurned = 0.9;

export interface ReadLine {
  text: string;
  /** Mean probability of its characters; 0 where none was read. */
  score: number;
}

/** The lines, those turned over that the classifier finds upside down. Source: `TextClassifier` of PaddleOCR */
export async function setUpright(lines: PixelImage[], session: OnnxSession, signal?: AbortSignal): Promise<PixelImage[]> {
  const upright = [...lines];
  await inBatches(lines, async (batch) => {
    const scores = await runOn(batch.map((index) => lines[index]!), session, orientationSize, signal);
    for (const [place, index] of batch.entries()) if (scores.data[2 * place + 1]! > sureOfTurned) upright[index] = turnOver(lines[index]!);
  });
  return upright;
}

/** The text of each line: the likeliest class of every column, repetitions and blanks left out (CTC). Source: `TextRecognizer` of PaddleOCR */
export async function recognizeLines(lines: PixelImage[], session: OnnxSession, characters: readonly string[], size: { width: number; height: number }, signal?: AbortSignal): Promise<ReadLine[]> {
  const read: ReadLine[] = lines.map(() => ({ text: '', score: 0 }));
  await inBatches(lines, async (batch) => {
    const widest = Math.max(size.width / size.height, ...batch.map((index) => ratioOf(lines[index]!)));
    const { data, shape } = await runOn(batch.map((index) => lines[index]!), session, { width: Math.trunc(size.height * widest), height: size.height }, signal);
    const [columns, classes] = [shape.at(-2)!, shape.at(-1)!];
    for (const [place, index] of batch.entries()) read[index] = readColumns(data.subarray(place * columns * classes, (place + 1) * columns * classes), classes, characters);
  });
  return read;
}

const ratioOf = ({ width, height }: PixelImage) => width / height;

async function inBatches(lines: readonly PixelImage[], work: (indices: number[]) => Promise<void>): Promise<void> {
  const order = lines.map((_, index) => index).sort((left, right) => ratioOf(lines[left]!) - ratioOf(lines[right]!));
  for (let start = 0; start < order.length; start += batchSize) await work(order.slice(start, start + batchSize));
}

/** Runs a graph on lines of one height, each as wide as its shape wants it, black from -1 to 1, nothing (0) after its end. */
async function runOn(lines: PixelImage[], session: OnnxSession, { width, height }: { width: number; height: number }, signal?: AbortSignal): Promise<{ data: Float32Array; shape: readonly number[] }> {
  const data = new Float32Array(lines.length * 3 * height * width);
  for (const [index, line] of lines.entries()) {
    const sized = resizeLinear(line, Math.min(width, Math.ceil(height * ratioOf(line))), height);
    writePlanes(sized, normalization, data, index * 3 * height * width, height, width);
  }
  const input = session.inputs[0]!;
  const results = await session.run({ [input.name]: floatTensor({ dtype: 'float32', shape: [lines.length, 3, height, width], data }, input.dtype) }, { signal });
  const output = results[session.outputs[0]!.name]!;
  return { data: toFloat32(output), shape: output.shape };
}

function readColumns(data: Float32Array, classes: number, characters: readonly string[]): ReadLine {
  let [text, sum, count, last] = ['', 0, 0, -1];
  for (let start = 0; start < data.length; start += classes) {
    let best = 0;
    for (let index = 1; index < classes; index++) if (data[start + index]! > data[start + best]!) best = index;
    if (best !== last && best !== 0) {
      text += characters[best] ?? '';
      sum += data[start + best]!;
      count++;
    }
    last = best;
  }
  return { text, score: count === 0 ? 0 : sum / count };
}
