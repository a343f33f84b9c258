import type { ModelFile, ModelInfo } from '@llmi/core';
import { jsonFile } from '@llmi/core';
import { bestThatFits, type RankedChoice, type WeightSet } from './file-choice.js';

/**
 * Suffix of a graph's file name to the name of its dtype, as transformers.js has them; then those of optimum and
 * sentence-transformers (model_O3.onnx, model_qint8_avx512.onnx), which go by their suffix.
 * Source: https://github.com/huggingface/transformers.js/blob/main/packages/transformers/src/utils/dtypes.js
 */
const dtypeOfSuffix: Record<string, string> = {
  fp16: 'fp16', float16: 'fp16', int8: 'int8', uint8: 'uint8', quantized: 'q8', q8: 'q8', q4: 'q4', q4f16: 'q4f16', bnb4: 'bnb4',
  q2: 'q2', q2f16: 'q2f16', q1: 'q1', q1f16: 'q1f16', fp32: 'fp32', bf16: 'bf16',
};
const otherSuffix = /^(o[1-4]|q?u?int8_(arm64|avx2|avx512|avx512_vnni|ppc64le))$/i;

/** Order of preference: exact first, then the smaller ones that lose least. */
const preference = ['fp32', 'fp16', 'bf16', 'q8', 'int8', 'uint8', 'q4f16', 'q4', 'bnb4', 'q2f16', 'q2', 'q1f16', 'q1'];

/** A merged decoder holds both of these: with a cache and without. */
const mergedDecoder: Record<string, string> = { decoder_model: 'decoder_model_merged', decoder_with_past_model: 'decoder_model_merged', model: 'model_merged' };

interface Graph {
  file: ModelFile;
  folder: string;
  component: string; // file name without dtype: model, encoder_model, unet/model
  dtype: string;
}

function graphOf(file: ModelFile): Graph {
  const at = file.path.lastIndexOf('/');
  const folder = at < 0 ? '' : file.path.slice(0, at);
  const stem = file.path.slice(at + 1).replace(/\.onnx$/i, '');
  for (let cut = stem.indexOf('_'); cut > 0; cut = stem.indexOf('_', cut + 1)) {
    const suffix = stem.slice(cut + 1).toLowerCase();
    const dtype = dtypeOfSuffix[suffix] ?? (otherSuffix.test(suffix) ? suffix : undefined);
    if (dtype !== undefined) return { file, folder, component: `${folder}/${stem.slice(0, cut)}`, dtype };
  }
  return { file, folder, component: `${folder}/${stem}`, dtype: 'fp32' };
}

/** The graphs that make up the model: the components of a diffusers pipeline, else those in onnx/, else those at the top, else all. */
function modelGraphs(info: ModelInfo): Graph[] {
  const graphs = info.files.filter(({ path }) => /\.onnx$/i.test(path)).map(graphOf);
  const index = jsonFile(info, 'model_index.json');
  const components = index ? Object.keys(index).filter((name) => Array.isArray(index[name])) : [];
  const layouts = [
    (graph: Graph) => index !== undefined && (components.includes(graph.folder.split('/')[0]!) || /^(controlnet|vae_encoder|vae_decoder)/.test(graph.folder)),
    (graph: Graph) => graph.folder === 'onnx',
    (graph: Graph) => graph.folder === '',
    () => true,
  ];
  const layout = layouts.find((belongs) => graphs.some(belongs)) ?? (() => true);
  const own = graphs.filter(layout);
  const names = new Set(own.map(({ component }) => component));
  return own.filter(({ component }) => {
    const at = component.lastIndexOf('/') + 1;
    const merged = mergedDecoder[component.slice(at)];
    return merged === undefined || !names.has(component.slice(0, at) + merged);
  });
}

/** Files in which a graph keeps its weights outside itself: model.onnx_data, model.onnx_data_1, model.onnx.data, weights.pb. */
function externalData(graph: ModelFile, files: readonly ModelFile[]): ModelFile[] {
  const folder = graph.path.slice(0, graph.path.lastIndexOf('/') + 1);
  const stem = graph.path.replace(/\.onnx$/i, '');
  return files.filter(({ path }) => {
    if (path === `${stem}.data` || path === `${folder}weights.pb`) return true;
    return path.startsWith(stem) && /^\.onnx[._]data([._]\d+)?$/i.test(path.slice(stem.length));
  });
}

/**
 * One set per dtype that any graph comes in, smallest first. A graph that lacks the dtype is taken in the nearest one it has.
 */
export function onnxSets(info: ModelInfo): WeightSet[] {
  const graphs = modelGraphs(info);
  const components = groupByComponent(graphs);
  const dtypes = [...new Set(graphs.map(({ dtype }) => dtype))];
  return dtypes
    .map((label): WeightSet => {
      const files = [...components.values()].flatMap((variants) => {
        const { file } = variants.find(({ dtype }) => dtype === label) ?? nearestVariant(variants);
        return [file, ...externalData(file, info.files)];
      });
      return { label, files: [...new Set(files)], sizeBytes: [...new Set(files)].reduce((sum, file) => sum + file.sizeBytes, 0), missing: 0 };
    })
    .sort((left, right) => left.sizeBytes - right.sizeBytes);
}

function groupByComponent(graphs: readonly Graph[]): Map<string, Graph[]> {
  const groups = new Map<string, Graph[]>();
  for (const graph of graphs) groups.set(graph.component, [...(groups.get(graph.component) ?? []), graph]);
  return groups;
}

const rank = (dtype: string) => (preference.includes(dtype) ? preference.indexOf(dtype) : preference.length);

function nearestVariant(variants: readonly Graph[]): Graph {
  return [...variants].sort((left, right) => rank(left.dtype) - rank(right.dtype))[0]!;
}

/** fp32 where it fits, as the reference numbers are made with it. */
export function chooseOnnxDefault(sets: readonly WeightSet[], memoryBytes: number | undefined): RankedChoice {
  return bestThatFits([...sets].sort((left, right) => rank(left.label) - rank(right.label)), memoryBytes, 'it is the most exact');
}
