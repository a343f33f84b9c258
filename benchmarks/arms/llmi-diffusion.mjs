// node llmi-diffusion.mjs FOLDER STEPS THREADS: one picture after one to warm up. Prints its milliseconds, and how many of them were spent outside the graphs.
import { DiffusionPipeline } from '@llmi/handler-diffusion';
import { encodeImage } from '@llmi/media';
import { InferenceSession } from 'onnxruntime-node';

const [folder, steps, threads] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
let insideMs = 0;
const { run } = InferenceSession.prototype;
InferenceSession.prototype.run = async function (...args) {
  const start = performance.now();
  const result = await run.apply(this, args);
  insideMs += performance.now() - start;
  return result;
};

const pipeline = await DiffusionPipeline.load(folder, { threads });
const picture = async (numInferenceSteps) => {
  const { pictures } = await pipeline.run({ prompt: 'a lighthouse', numInferenceSteps, guidanceScale: 7.5, width: 256, height: 256, seed: 0 });
  await encodeImage(pictures[0]);
};
await picture(2);
insideMs = 0;
const start = performance.now();
await picture(steps);
const totalMs = performance.now() - start;
console.log(JSON.stringify({ totalMs, outsideMs: totalMs - insideMs }));
