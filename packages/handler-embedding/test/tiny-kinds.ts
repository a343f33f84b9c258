import { classifierGraph, textTower, visionTower } from './protobuf.js';
import { tinyFiles, tokenizerJson, vocabulary } from './tiny-model.js';

const pairTemplate = { ...tokenizerJson.post_processor, pair: [...tokenizerJson.post_processor.single, { Sequence: { id: 'B', type_id: 1 } }, { SpecialToken: { id: '[SEP]', type_id: 1 } }] };

/** The logit of a pair: 2 for each hello, 1 for each world, 0.25 for each token of the second type. Padding is far away. */
export const logitByToken = vocabulary.map((token) => [token === 'hello' ? 2 : token === 'world' ? 1 : token === '[PAD]' ? 9000 : 0]);
export const logitByType = [[0], [0.25]];

/** The files of a cross-encoder with one label that takes ten tokens, by path. */
export function tinyReranker(): Record<string, object> {
  const files = tinyFiles();
  return {
    'config.json': { ...files['config.json'], architectures: ['BertForSequenceClassification'], id2label: { 0: 'LABEL_0' } },
    'sentence_bert_config.json': { max_seq_length: 10 },
    'tokenizer.json': { ...tokenizerJson, post_processor: pairTemplate },
    'tokenizer_config.json': files['tokenizer_config.json']!,
    'onnx/model.onnx': classifierGraph(logitByToken, logitByType),
  };
}

const textTable = vocabulary.map((token) => (token === 'hello' ? [3, 0, 0] : token === 'world' ? [0, 4, 0] : token === '[PAD]' ? [0, 0, 1] : [0, 0, 0]));

/** The files of a CLIP whose texts sum up rows of a table, and whose pictures sum up colours, by path. */
export function tinyClip(): Record<string, object> {
  return {
    'config.json': { model_type: 'clip', architectures: ['CLIPModel'], projection_dim: 3, text_config: { max_position_embeddings: 6 }, vision_config: { image_size: 2, patch_size: 1 } },
    'preprocessor_config.json': { image_processor_type: 'CLIPImageProcessor', size: { shortest_edge: 2 }, crop_size: { height: 2, width: 2 }, do_normalize: false },
    'tokenizer.json': tokenizerJson,
    'tokenizer_config.json': tinyFiles()['tokenizer_config.json']!,
    'onnx/text_model.onnx': textTower(textTable),
    'onnx/vision_model.onnx': visionTower(),
  };
}
