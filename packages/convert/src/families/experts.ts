import type { Weight } from '../checkpoint/weight.js';
import { corrupt } from '../errors.js';
import type { FamilyContext } from './family.js';

/** Collects the experts of each layer until all are there, and stacks them: one tensor for each of their matrices. */
export class ExpertCollector {
  readonly #layers = new Map<string, Map<string, Weight>>();
  readonly #count: number;

  /** @param matrices names of an expert's matrices, in the order in which their stacks are written */
  constructor(
    { config }: FamilyContext,
    private readonly matrices: readonly string[],
  ) {
    this.#count = config.required('num_local_experts', 'num_experts');
  }

  /**
   * Takes one expert's matrix. @returns the stacks by name of the matrix, once the layer is complete
   * @param path where the layer's experts are: model.layers.0.mlp.experts
   */
  add(path: string, expert: number, matrix: string, weight: Weight): [matrix: string, stack: Weight][] {
    const layer = this.#layers.get(path) ?? new Map<string, Weight>();
    this.#layers.set(path, layer.set(`${expert}.${matrix}`, weight));
    if (layer.size < this.#count * this.matrices.length) return [];
    this.#layers.delete(path);
    return this.matrices.map((name) => {
      const experts = Array.from({ length: this.#count }, (_, index) => layer.get(`${index}.${name}`));
      if (experts.includes(undefined)) throw corrupt(`${path} lacks an expert's ${name}.`);
      const [first, ...others] = experts as [Weight, ...Weight[]];
      return [name, first.stack(others)];
    });
  }

  /** @throws {LlmiError} MODEL_FILE_CORRUPT when some expert never came */
  finish(): void {
    const [path] = this.#layers.keys();
    if (path !== undefined) throw corrupt(`${path} has not all of its ${this.#count} experts.`);
  }
}
