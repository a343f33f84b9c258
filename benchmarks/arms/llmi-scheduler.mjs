// Times one step of a scheduler: node llmi-scheduler.mjs euler|dpmpp2m REPETITIONS prints the median in microseconds.
import { createScheduler } from '@llmi/handler-diffusion';
import { median } from '../measure.mjs';

const classes = { euler: 'EulerDiscreteScheduler', dpmpp2m: 'DPMSolverMultistepScheduler' };
const [formula, repetitions] = process.argv.slice(2);
const size = 4 * 128 * 128;
const scheduler = createScheduler({ _class_name: classes[formula], beta_start: 0.00085, beta_end: 0.012, beta_schedule: 'scaled_linear' });
scheduler.setTimesteps(20);
const wave = (phase) => Float32Array.from({ length: size }, (_, index) => Math.SQRT2 * Math.sin(index * 12.9898 + phase));
const [sample, output] = [wave(0), wave(1)];

const times = [];
for (let run = 0; times.length < 2 * Number(repetitions); run++) {
  for (let index = 0; index < 10; index++) {
    const start = performance.now();
    scheduler.step(output, index, sample);
    if (index >= 2) times.push((performance.now() - start) * 1000); // the first steps of a run are of lower order
  }
}
console.log(median(times.slice(Number(repetitions))));
