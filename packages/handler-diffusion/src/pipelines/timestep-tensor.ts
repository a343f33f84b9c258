import type { Graph } from '../components/graph.js';
import type { Tensor } from '../components/tensor.js';
import type { DenoiserInput } from './family.js';

/** A timestep for each row, one for all, or a number without dimensions: as the graph has it. */
export function timestepTensor(graph: Graph, { timestep: name, timestepByRow, timestepScale }: DenoiserInput, timestep: number, rows: number): Tensor {
  const [dimension, ...rest] = graph.shapeOf(name);
  const value = timestep / timestepScale;
  if (dimension === undefined) return { data: Float32Array.of(value), shape: [] };
  const count = typeof dimension === 'number' ? dimension : timestepByRow ? rows : 1;
  return { data: new Float32Array(count).fill(value), shape: [count, ...rest.map(() => 1)] };
}
