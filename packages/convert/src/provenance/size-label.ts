import { toFixedEven } from './python-text.js';

/** Parameters of a model, counted as the reference does: of several experts, one counts. */
export interface ParameterCount {
  total: number; // negative for an adapter: it is no size of a model
  shared: number;
  perExpert: number;
  expertCount: number;
}

/** Counts the tensors of the file. Source: GGUFWriter.get_total_parameter_count of llama.cpp's gguf-py */
export function countParameters(tensors: readonly { name: string; shape: readonly number[] }[]): ParameterCount {
  const count: ParameterCount = { total: 0, shared: 0, perExpert: 0, expertCount: 0 };
  let [experts, expertTensors] = [0, 0];
  let lastA: { name: string; shape: readonly number[] } | undefined;
  for (const tensor of tensors) {
    let { shape } = tensor;
    if (tensor.name.endsWith('.lora_a')) {
      lastA = tensor;
      continue;
    }
    if (tensor.name.endsWith('.lora_b')) {
      if (lastA?.name !== `${tensor.name.slice(0, -1)}a`) return { total: 0, shared: 0, perExpert: 0, expertCount: 0 };
      shape = [...shape.slice(0, -1), lastA.shape.at(-1)!];
    }
    const size = shape.reduce((product, length) => product * length, 1);
    if (tensor.name.includes('_exps.') && shape.length >= 3) {
      const own = shape.at(tensor.name.includes('.bias') ? -2 : -3)!;
      count.perExpert += Math.floor(size / own);
      experts += own;
      expertTensors++;
    } else {
      count.shared += size;
    }
    count.total += size;
  }
  count.expertCount = expertTensors > 0 ? Math.floor(experts / expertTensors) : 0;
  if (lastA) count.total = -count.total;
  return count;
}

/** `7B`, `8x7B`, `135M`. Source: size_label of llama.cpp's gguf-py/gguf/utility.py */
export function sizeLabel({ total, shared, perExpert, expertCount }: ParameterCount): string {
  return expertCount > 0 ? `${expertCount}x${rounded(Math.abs(shared) + Math.abs(perExpert))}` : rounded(Math.abs(total));
}

function rounded(count: number): string {
  const [scale, suffix] = count > 1e12 ? [1e-12, 'T'] : count > 1e9 ? [1e-9, 'B'] : count > 1e6 ? [1e-6, 'M'] : [1e-3, 'K'];
  const scaled = count * scale;
  const whole = toFixedEven(scaled, 0).replace(/^0+/, '');
  return `${toFixedEven(scaled, Math.max(2 - whole.length, 0))}${suffix}`;
}
