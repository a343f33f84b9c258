import { jsonFile, LlmiError, type ModelInfo } from '@llmi/core';
import { activationOf, activations } from '../activations.js';
import { activationName, labelNames } from '../kind-of-model.js';

/** Logits of a pair, one per label, to how relevant the document is. */
export type Score = (logits: ArrayLike<number>) => number;

/** Names that models give to the label of a document that fits. */
const relevantLabel = /^(relevant|yes|true|positive|match|1)$/i;

/**
 * How a cross-encoder's logits become scores. One label: the activation that the model states, else a sigmoid, as in
 * sentence-transformers 6.2 (cross_encoder/model.py). Two labels: the share of the one for relevant (by its name, else the second), by
 * softmax unless the model states an activation that changes anything.
 * @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED for more labels, and for an activation that is not known
 */
export function scoreOf(model: ModelInfo, labels: number): Score {
  const config = jsonFile(model, 'config.json') ?? {};
  const ofLibrary = jsonFile(model, 'config_sentence_transformers.json')?.activation_fn;
  // The library's own file counts first only beside a modules.json, as in sentence-transformers.
  const stated = model.json['modules.json'] === undefined ? (activationName(config) ?? ofLibrary) : (ofLibrary ?? activationName(config));
  const activation = readActivation(stated);
  if (labels === 1) return (logits) => (activation ?? activations.Sigmoid!)(logits[0]!);
  if (labels !== 2) {
    throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
      message: `This model tells ${labels} classes of pairs apart, which gives no order.`,
      hint: 'Use a reranker: a cross-encoder with one label, or with two.',
    });
  }
  const named = labelNames(config)?.findIndex((name) => relevantLabel.test(name)) ?? -1;
  const relevant = named < 0 ? 1 : named;
  if (activation && activation !== activations.Identity) return (logits) => activation(logits[relevant]!);
  return (logits) => activations.Sigmoid!(logits[relevant]! - logits[1 - relevant]!); // the softmax of two
}

/** Code of somebody else's is left alone, as sentence-transformers does without trust_remote_code. */
function readActivation(stated: unknown): ((value: number) => number) | undefined {
  if (typeof stated !== 'string' || !stated.startsWith('torch.')) return undefined;
  const activation = activationOf(stated);
  if (activation) return activation;
  throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
    message: `The scores of this model go through ${stated}, which llmi does not know.`,
    hint: `Supported are: ${Object.keys(activations).join(', ')}.`,
  });
}
