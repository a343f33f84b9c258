import { join } from 'node:path';
import { doneEvent, LlmiError, type GenerateRequest, type ModelInfo } from '@llmi/core';
import { OnnxSession, type OnnxTensor } from '@llmi/runtime-onnx';
import { chooseGraphs, onnxVariants, type GraphSets } from '@llmi/runtime-transformers';
import { invalid } from '../invalid-input.js';
import type { Specialist, SpecialistKind } from '../specialist.js';
import { signatureOf, type GraphSignature } from './signature.js';
import { describeTensor, readTensor, writeTensor } from './tensor-json.js';

/** A specialist that can say what its graph takes and gives. */
export interface GraphSpecialist extends Specialist {
  readonly signature: GraphSignature;
}

/** Any graph as it is: tensors in, tensors out. */
export const graphKind: SpecialistKind = {
  graphs: (model, dtype) => chooseGraphs(model, graphSets(model), dtype),
  fields: ['tensors'],
  modes: { auto: 'Runs the graph on the tensors as they are given.' },
  check({ tensors }: GenerateRequest) {
    if (tensors === undefined) throw invalid('tensors', 'There are no tensors to run the graph on.', 'Give "tensors": { name: { data, shape, dtype } } for every input.');
  },
  async load({ model, folder, options: { dtype, ...options } }): Promise<GraphSpecialist> {
    const file = chooseGraphs(model, graphSets(model), dtype)[0]!;
    const session = await OnnxSession.load(join(folder, file.path), options);
    return {
      info: { device: session.device, dtype: file.dtype, threads: session.threads },
      signature: signatureOf(session),
      async *run({ tensors }, _task, signal) {
        const started = performance.now();
        const feeds = readFeeds(session, tensors!);
        const results = await runChecked(session, feeds, signal);
        const outputs = Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, writeTensor(tensor)]));
        yield doneEvent({ type: 'tensors', outputs }, { run: performance.now() - started });
      },
      [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
    };
  },
};

/** One graph: the only one, or the one called model. */
function graphSets(model: ModelInfo): GraphSets {
  const stems = [...new Set(onnxVariants(model).map(({ stem }) => stem))];
  if (stems.length <= 1 || stems.includes('model')) return [[stems.includes('model') ? 'model' : (stems[0] ?? 'model')]];
  throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
    message: `This repository has several graphs: ${stems.join(', ')}.`,
    hint: 'Install one of them: llmi install MODEL --file "path/of/graph.onnx", or give its path.',
  });
}

function readFeeds(session: OnnxSession, tensors: NonNullable<GenerateRequest['tensors']>): Record<string, OnnxTensor> {
  const described = session.inputs.map((input) => `${input.name}: ${describeTensor(input)}`).join('; ');
  const unknown = Object.keys(tensors).find((name) => !session.inputs.some((input) => input.name === name));
  if (unknown !== undefined) throw invalid(`tensors.${unknown}`, `The graph has no input "${unknown}".`, `Its inputs are ${described}.`);
  return Object.fromEntries(
    session.inputs.map((input) => {
      const given = tensors[input.name];
      if (!given) throw invalid(`tensors.${input.name}`, `The input "${input.name}" is missing.`, `The graph takes ${described}.`);
      return [input.name, readTensor(given, input)];
    }),
  );
}

/** What the graph says of tensors that do not go together is about the request. */
async function runChecked(session: OnnxSession, feeds: Record<string, OnnxTensor>, signal?: AbortSignal): Promise<Record<string, OnnxTensor>> {
  try {
    return await session.run(feeds, { signal });
  } catch (error) {
    if (LlmiError.is(error) && error.code === 'INTERNAL') throw new LlmiError('INPUT_INVALID', { message: error.message, hint: 'Sizes that have no fixed number must fit each other.', param: 'tensors', cause: error });
    throw error;
  }
}
