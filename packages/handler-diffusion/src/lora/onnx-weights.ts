import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { LlmiError } from '@llmi/core';
import { ProtobufError, ProtobufFile, type ProtobufField } from '@llmi/runtime-onnx';
import { flatten } from './module-names.js';

/** A matrix or kernel of a graph, and where its bytes lie. */
export interface OnnxWeight {
  name: string;
  shape: number[];
  /** Undefined for weights that are not plain floating-point numbers. */
  dtype: 'float32' | 'float16' | undefined;
  /** [in, out], as MatMul takes it; otherwise [out, in, ...], as torch keeps it. */
  isTransposed: boolean;
  /** External data file, relative to the graph; undefined for the graph itself. */
  location: string | undefined;
  start: number;
  bytes: number;
  /** Operations that use it. */
  uses: number;
}

interface Node {
  inputs: string[];
  outputs: string[];
  name: string;
  operator: string;
  attributes: Map<string, number>;
}

type Initializer = Pick<OnnxWeight, 'name' | 'shape' | 'location' | 'start' | 'bytes'> & { type: number };

/** Field numbers. Source: https://github.com/onnx/onnx/blob/v1.19.0/onnx/onnx.proto */
const graphField = 7;
const [nodeField, initializerField] = [1, 5]; // of a graph
const nodeFields = { input: 1, output: 2, name: 3, operator: 4, attribute: 5 };
const attributeFields = { name: 1, integer: 3 };
const tensorFields = { dimension: 1, type: 2, floats: 4, name: 8, raw: 9, external: 13 };
const externalFields = { key: 1, value: 2 };
const dtypes: Record<number, 'float32' | 'float16'> = { 1: 'float32', 10: 'float16' };

const maxNameBytes = 4096;
const weighted = /^(MatMul|Gemm|Conv)/;
/** What can stand between a weight and the operation that uses it. */
const passing = /^(Transpose|Cast|DequantizeLinear)$/;

/**
 * The weights of a graph by the modules that they belong to (`flatten`ed): exporters name operations after modules, or weights.
 * Reads the structure of the file, not the weights.
 * @throws {LlmiError} MODEL_FILE_CORRUPT
 */
export async function readOnnxWeights(path: string): Promise<Map<string, OnnxWeight>> {
  const handle = await open(path, 'r');
  try {
    return findWeights(new ProtobufFile(handle.fd, (await handle.stat()).size));
  } catch (cause) {
    if (!(cause instanceof ProtobufError)) throw cause;
    throw new LlmiError('MODEL_FILE_CORRUPT', { message: `The model file ${basename(path)} is not a whole ONNX file.`, hint: 'Install the model again.', cause });
  } finally {
    await handle.close();
  }
}

function findWeights(file: ProtobufFile): Map<string, OnnxWeight> {
  const initializers = new Map<string, Initializer>();
  const nodes: Node[] = [];
  for (const graph of fieldsNumbered(file, { start: 0, end: file.sizeBytes }, graphField)) {
    for (const field of fieldsNumbered(file, graph, initializerField)) {
      const initializer = readInitializer(file, field);
      initializers.set(initializer.name, initializer);
    }
    for (const field of fieldsNumbered(file, graph, nodeField)) nodes.push(readNode(file, field));
  }
  const makers = new Map(nodes.filter(({ operator }) => passing.test(operator)).flatMap((node) => node.outputs.map((output) => [output, node])));
  const uses = new Map<string, number>();
  for (const input of nodes.flatMap(({ inputs }) => inputs)) uses.set(input, (uses.get(input) ?? 0) + 1);

  const weights = new Map<string, OnnxWeight>();
  for (const node of nodes.filter(({ operator }) => weighted.test(operator))) {
    const found = weightOf(node, initializers, makers);
    if (!found) continue;
    const weight = { ...found, uses: uses.get(found.name)! };
    for (const module of [node.name.replace(/\/[^/]*$/, ''), found.name.replace(/\.weight$/, '')]) {
      if (module === '') continue;
      weights.set(flatten(module), weight);
      // Some exporters put the model into another module first.
      const inner = flatten(module.replace(/^[/.]?[^/.]+/, ''));
      if (inner !== '' && !weights.has(inner)) weights.set(inner, weight);
    }
  }
  return weights;
}

/** The second input of an operation, if it is a weight: as it is, or through a change of type or order. */
function weightOf(node: Node, initializers: ReadonlyMap<string, Initializer>, makers: ReadonlyMap<string, Node>): Omit<OnnxWeight, 'uses'> | undefined {
  let name = node.inputs[1] ?? '';
  let isTransposed = node.operator.startsWith('MatMul') || (node.operator === 'Gemm' && node.attributes.get('transB') !== 1);
  let isPlain = /^(MatMul|Gemm|Conv)$/.test(node.operator);
  for (let maker = makers.get(name); maker; maker = makers.get(name)) {
    name = maker.inputs[0] ?? '';
    if (maker.operator === 'Transpose') isTransposed = !isTransposed;
    if (maker.operator === 'DequantizeLinear') isPlain = false;
  }
  const initializer = initializers.get(name);
  if (!initializer) return undefined;
  const { type, ...place } = initializer;
  const dtype = isPlain ? dtypes[type] : undefined;
  // External data need not say its length.
  const bytes = place.bytes || place.shape.reduce((product, size) => product * size, dtype === 'float16' ? 2 : 4);
  return { ...place, bytes, isTransposed, dtype };
}

function readNode(file: ProtobufFile, field: ProtobufField): Node {
  const node: Node = { inputs: [], outputs: [], name: '', operator: '', attributes: new Map() };
  for (const part of file.fields(field.start, field.end)) {
    if (part.number === nodeFields.input) node.inputs.push(readText(file, part));
    else if (part.number === nodeFields.output) node.outputs.push(readText(file, part));
    else if (part.number === nodeFields.name) node.name = readText(file, part);
    else if (part.number === nodeFields.operator) node.operator = readText(file, part);
    else if (part.number === nodeFields.attribute) readAttribute(file, part, node.attributes);
  }
  return node;
}

function readAttribute(file: ProtobufFile, field: ProtobufField, attributes: Map<string, number>): void {
  let name = '';
  let integer: number | undefined;
  for (const part of file.entries(field.start, field.end)) {
    if ('end' in part) name = part.number === attributeFields.name ? readText(file, part) : name;
    else if (part.number === attributeFields.integer) integer = part.value;
  }
  if (integer !== undefined) attributes.set(name, integer);
}

function readInitializer(file: ProtobufFile, field: ProtobufField): Initializer {
  const initializer: Initializer = { name: '', shape: [], type: 0, location: undefined, start: 0, bytes: 0 };
  for (const part of file.entries(field.start, field.end)) {
    if (!('end' in part)) {
      if (part.number === tensorFields.dimension) initializer.shape.push(part.value);
      else if (part.number === tensorFields.type) initializer.type = part.value;
    } else if (part.number === tensorFields.name) initializer.name = readText(file, part);
    else if (part.number === tensorFields.raw || part.number === tensorFields.floats) Object.assign(initializer, { start: part.start, bytes: part.end - part.start });
    else if (part.number === tensorFields.external) readExternal(file, part, initializer);
  }
  return initializer;
}

function readExternal(file: ProtobufFile, field: ProtobufField, initializer: Initializer): void {
  const parts = [...file.fields(field.start, field.end)];
  const [key, value] = [externalFields.key, externalFields.value].map((number) => parts.filter((part) => part.number === number).map((part) => readText(file, part))[0]);
  if (key === 'location') initializer.location = value;
  else if (key === 'offset') initializer.start = Number(value);
  else if (key === 'length') initializer.bytes = Number(value);
}

function* fieldsNumbered(file: ProtobufFile, { start, end }: Pick<ProtobufField, 'start' | 'end'>, number: number): Generator<ProtobufField> {
  for (const field of file.fields(start, end)) if (field.number === number) yield field;
}

const readText = (file: ProtobufFile, field: ProtobufField) => file.bytes(field, maxNameBytes).toString('utf8');
